package page

import (
	"fmt"
	"regexp"
	"strconv"
)

// Families are the columns of a layout.
const (
	IPv4 = iota
	IPv6
	families
)

// Part is a field of a byte string.
type Part struct {
	Name     string
	modulus  uint64 // what the name says after "mod"; 0: nothing
	At, Size [families]int
}

// Layout is a byte string without gaps, in two columns of offset and size:
//
//	0  4   0  16  source address
//	4      16     end
type Layout struct {
	Parts []Part
	Size  [families]int
}

var (
	partLine = regexp.MustCompile(`^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+(\pL.*)$`)
	endLine  = regexp.MustCompile(`^\s*(\d+)\s+(\d+)\s+end$`)
)

func parseLayout(lines []string) (Layout, error) {
	var l Layout
	ended := false

	for _, line := range lines {
		switch {
		case ended:
			return l, fmt.Errorf("%q comes after the end", line)
		case partLine.MatchString(line):
			if err := l.parsePart(partLine.FindStringSubmatch(line)[1:]); err != nil {
				return l, fmt.Errorf("%q: %w", line, err)
			}
		case endLine.MatchString(line):
			ended = true
			for i, text := range endLine.FindStringSubmatch(line)[1:] {
				if at, _ := strconv.Atoi(text); at != l.Size[i] {
					return l, fmt.Errorf("the end is at %d, not %d", l.Size[i], at)
				}
			}
		case len(l.Parts) > 0 || len(numbersIn(line, 0)) > 0:
			return l, fmt.Errorf("%q is no field", line)
		}
	}
	if !ended {
		return l, fmt.Errorf("a layout has an end")
	}
	return l, nil
}

func (l *Layout) parsePart(columns []string) error {
	t, err := parseTerm(columns[2*families])
	if err != nil {
		return err
	}
	p := Part{Name: t.quantity, modulus: t.modulus}
	for i := range families {
		p.At[i], _ = strconv.Atoi(columns[2*i])
		p.Size[i], _ = strconv.Atoi(columns[2*i+1])
		if p.At[i] != l.Size[i] {
			return fmt.Errorf("it lies at %d", l.Size[i])
		}
		if p.modulus != 0 && (p.Size[i] >= 8 || p.modulus != 1<<(8*p.Size[i])) {
			return fmt.Errorf("%d bytes do not hold it", p.Size[i])
		}
		l.Size[i] += p.Size[i]
	}
	l.Parts = append(l.Parts, p)
	return nil
}

// Bytes puts the byte string together from big-endian values, of which only a part with a modulus may
// be cut: at its high end.
func (l Layout) Bytes(family int, values map[string][]byte) ([]byte, error) {
	var out []byte

	for _, p := range l.Parts {
		v, known := values[p.Name]
		if !known {
			return nil, fmt.Errorf("there is no %s", p.Name)
		}
		cut := len(v) - p.Size[family]
		if cut < 0 || cut > 0 && p.modulus == 0 {
			return nil, fmt.Errorf("%s has %d bytes, and room for %d", p.Name, len(v), p.Size[family])
		}
		out = append(out, v[cut:]...)
	}
	return out, nil
}

// part finds a part by its name.
func (l Layout) part(name string) Part {
	for _, p := range l.Parts {
		if p.Name == name {
			return p
		}
	}
	panic("a layout has no part " + name)
}
