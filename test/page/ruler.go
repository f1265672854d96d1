package page

import (
	"fmt"
	"strings"
)

// Field is a field of a ruler, and what its bits are: the XOR of some terms.
type Field struct {
	Label     string
	High, Low int
	terms     []term
}

// Width in bits.
func (f Field) Width() int { return f.High - f.Low + 1 }

// Ruler is a word drawn to scale, two characters for a bit, the most significant one first:
//
//	                    tens, over the bits that they belong to
//	3 2 1 0             ones
//	+---+-+-+
//	| a |b|c|
//	+---+-+-+
//	a = x bits 3..2     what each field is
type Ruler struct {
	Width  int
	Fields []Field
}

// Field finds a field by its label.
func (r Ruler) Field(label string) Field {
	for _, f := range r.Fields {
		if f.Label == label {
			return f
		}
	}
	panic("a ruler has no field " + label)
}

// Value puts the word together.
func (r Ruler) Value(values map[string]uint64) (uint64, error) {
	var word uint64

	for _, f := range r.Fields {
		var v uint64
		for _, t := range f.terms {
			bits, err := t.of(values)
			if err != nil {
				return 0, fmt.Errorf("%s: %w", f.Label, err)
			}
			v ^= bits
		}
		if v>>f.Width() != 0 {
			return 0, fmt.Errorf("%s: %d does not fit into %d bits", f.Label, v, f.Width())
		}
		word |= v << f.Low
	}
	return word, nil
}

// Read takes a field out of the word.
func (r Ruler) Read(word uint64, label string) uint64 {
	f := r.Field(label)
	return word >> f.Low & (1<<f.Width() - 1)
}

func parseRuler(lines []string) (Ruler, error) {
	var r Ruler

	if len(lines) < 5 {
		return r, fmt.Errorf("a ruler has tens, ones, and a row between lines")
	}
	r.Width = len(strings.Fields(lines[1]))
	if r.Width == 0 || r.Width > 64 {
		return r, fmt.Errorf("a ruler has 1 to 64 bits")
	}
	if tens, ones := r.scale(); lines[0] != tens || lines[1] != ones {
		return r, fmt.Errorf("the bits above are not those of a word of %d bits:\n%s\n%s", r.Width, tens, ones)
	}
	if err := r.parseRow(lines[2], lines[3], lines[4]); err != nil {
		return r, err
	}
	return r, r.parseLegend(lines[5:])
}

// scale is what has to stand above the row.
func (r Ruler) scale() (tens, ones string) {
	for bit := r.Width - 1; bit >= 0; bit-- {
		ten := " "
		if bit%10 == 0 {
			ten = string(rune('0' + bit/10))
		}
		tens += " " + ten
		ones += fmt.Sprintf(" %d", bit%10)
	}
	return tens, ones
}

func (r *Ruler) parseRow(above, row, below string) error {
	if len(row) != 2*r.Width+1 || row[0] != '|' || row[len(row)-1] != '|' {
		return fmt.Errorf("the row is not %d bits wide: %s", r.Width, row)
	}
	line := []byte(strings.Repeat("-", len(row)))
	start := 0
	for at := range row {
		if row[at] != '|' {
			continue
		}
		line[at] = '+'
		if at%2 != 0 {
			return fmt.Errorf("a border lies within a bit: %s", row)
		}
		if at > 0 {
			r.Fields = append(r.Fields, Field{
				Label: strings.TrimSpace(row[start+1 : at]),
				High:  r.Width - 1 - start/2, Low: r.Width - at/2,
			})
		}
		start = at
	}
	if above != string(line) || below != string(line) {
		return fmt.Errorf("the lines around the row do not fit: %s", line)
	}
	return nil
}

// parseLegend reads what each field is, in the row's order.
func (r *Ruler) parseLegend(lines []string) error {
	if len(lines) != len(r.Fields) {
		return fmt.Errorf("%d fields have %d lines that say what they are", len(r.Fields), len(lines))
	}
	for i, line := range lines {
		label, sources, found := strings.Cut(line, "=")
		f := &r.Fields[i]
		if !found || strings.TrimSpace(label) != f.Label {
			return fmt.Errorf("%q does not say what %s is", line, f.Label)
		}
		for source := range strings.SplitSeq(sources, " XOR ") {
			t, err := parseTerm(source)
			if err != nil {
				return fmt.Errorf("%s: %w", f.Label, err)
			}
			f.terms = append(f.terms, t)
		}
		if err := f.fits(); err != nil {
			return err
		}
	}
	return nil
}

// fits says whether the terms are as wide as the field, where they say how wide they are.
func (f Field) fits() error {
	for _, t := range f.terms {
		if t.modulus != 0 && t.modulus != 1<<f.Width() ||
			t.cut && t.high-t.low+1 != f.Width() {
			return fmt.Errorf("%s has %d bits, and %s another number", f.Label, f.Width(), t.quantity)
		}
	}
	return nil
}
