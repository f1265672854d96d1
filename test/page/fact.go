package page

import (
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"
)

// Facts are computed numbers by name, as a page has to show them. A fact may be a row of several.
type Facts struct {
	rows map[string][]string
	// broken is what the page says in words, and what does not hold.
	broken []string
}

func newFacts() *Facts { return &Facts{rows: map[string][]string{}} }

// add panics on a name that is taken: two computations of one fact would hide each other.
func (f *Facts) add(name string, texts ...string) {
	if _, taken := f.rows[name]; taken {
		panic("a fact is computed twice: " + name)
	}
	f.rows[name] = texts
}

// claim is for what the page says without a number.
func (f *Facts) claim(holds bool, what string) {
	if !holds {
		f.broken = append(f.broken, what)
	}
}

func (f *Facts) integer(name string, values ...int64) {
	var texts []string

	for _, v := range values {
		texts = append(texts, plain(v))
	}
	f.add(name, texts...)
}

// plain is an integer without separators, as for sizes and bits.
func plain(v int64) string { return strconv.FormatInt(v, 10) }

// grouped is the integer nearest to v, with separators.
func grouped(v float64) string {
	digits := strconv.FormatFloat(math.Round(v), 'f', 0, 64)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// decimals is v with a fixed number of digits behind the point.
func decimals(v float64, count int) string { return strconv.FormatFloat(v, 'f', count, 64) }

// significant is v rounded to so many digits, written out.
func significant(v float64, digits int) string {
	shown := digits - 1 - int(math.Floor(math.Log10(v)))
	if shown > 0 {
		return decimals(v, shown)
	}
	unit := math.Pow10(-shown)
	return grouped(math.Round(v/unit) * unit)
}

// scientific is v with two digits and a power of ten.
func scientific(v float64) string {
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'e', 1, 64), "e")
	power, _ := strconv.Atoi(exponent)
	return fmt.Sprintf("%s × 10^%d", mantissa, power)
}

// power is 2^n.
func power(n int) string { return fmt.Sprintf("2^%d", n) }

// log2 of a power of two.
func log2(v uint64) int {
	if bits.OnesCount64(v) != 1 {
		panic(fmt.Sprintf("%d is no power of two", v))
	}
	return bits.TrailingZeros64(v)
}
