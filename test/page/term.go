package page

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// term is a source of a field's bits: a quantity by name, some bits of it, or nothing.
type term struct {
	quantity  string // empty: zero
	modulus   uint64 // of "mod modulus"; 0: all of it
	cut       bool   // "bits high..low" of it
	high, low int
}

var (
	termBits   = regexp.MustCompile(`^(\pL[^0-9]*) bits (\d+)\.\.(\d+)$`)
	termModulo = regexp.MustCompile(`^(\pL[^0-9]*) mod (?:2\^(\d+)|(\d+))$`)
	termName   = regexp.MustCompile(`^\pL[^0-9]*$`)
)

func parseTerm(text string) (term, error) {
	text = strings.TrimSpace(text)
	if text == "0" {
		return term{}, nil
	}
	if m := termBits.FindStringSubmatch(text); m != nil {
		high, _ := strconv.Atoi(m[2])
		low, _ := strconv.Atoi(m[3])
		if high < low || high > 63 {
			return term{}, fmt.Errorf("%q: no such bits", text)
		}
		return term{quantity: m[1], cut: true, high: high, low: low}, nil
	}
	if m := termModulo.FindStringSubmatch(text); m != nil {
		modulus, _ := strconv.ParseUint(m[3], 10, 64)
		if power, _ := strconv.Atoi(m[2]); m[2] != "" && power < 64 {
			modulus = 1 << power
		}
		if modulus == 0 {
			return term{}, fmt.Errorf("%q: no such modulus", text)
		}
		return term{quantity: m[1], modulus: modulus}, nil
	}
	if termName.MatchString(text) {
		return term{quantity: text}, nil
	}
	return term{}, fmt.Errorf("%q is neither a quantity, nor bits of one, nor 0", text)
}

// of is the term's value.
func (t term) of(values map[string]uint64) (uint64, error) {
	v, known := values[t.quantity]

	if t.quantity != "" && !known {
		return 0, fmt.Errorf("there is no %s", t.quantity)
	}
	if t.modulus != 0 {
		v %= t.modulus
	}
	if t.cut {
		v = v >> t.low & (1<<(t.high-t.low+1) - 1)
	}
	return v, nil
}
