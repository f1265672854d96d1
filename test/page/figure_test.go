package page

import (
	"strings"
	"testing"
)

const smallRuler = `       0
 3 2 1 0
+---+-+-+
| a |b|c|
+---+-+-+
a = x mod 4 XOR MAC bits 7..6
b = 0
c = x`

const smallLayout = `at size at size
 0  4    0  16  address
 4  2   16   2  x mod 2^16
 6      18      end`

func TestRulerPutsBitsWhereItsRowShowsThem(t *testing.T) {
	r, err := parseRuler(strings.Split(smallRuler, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	word, err := r.Value(map[string]uint64{"x": 1, "MAC": 0xc1})
	if err != nil || word != 0b1001 {
		t.Errorf("%04b, %v", word, err)
	}
	if a := r.Read(0b1101, "a"); a != 3 {
		t.Errorf("a is %d", a)
	}
	if _, err := r.Value(map[string]uint64{"x": 2, "MAC": 0}); err == nil {
		t.Error("2 fits into the one bit of c")
	}
	if _, err := r.Value(map[string]uint64{"x": 1}); err == nil {
		t.Error("a quantity that nobody gave is taken for something")
	}
}

func TestRulerThatIsDrawnWrongIsRefused(t *testing.T) {
	cases := []struct{ name, old, new, want string }{
		{"tens", "       0", "     1 0", "the bits above"},
		{"ones", "3 2 1 0", "3 2 0 1", "the bits above"},
		{"a bit more above", " 3 2 1 0", " 4 3 2 1 0", "the bits above"},
		{"narrow row", "| a |b|c|", "| a |b|", "the row is not 4 bits wide"},
		{"border in a bit", "| a |b|c|", "|a | b|c|", "a border lies within a bit"},
		{"line above", "+---+-+-+\n| a", "+-+-+-+-+\n| a", "the lines around the row"},
		{"line below", "+---+-+-+\na =", "+-+---+-+\na =", "the lines around the row"},
		{"no legend", "c = x", "", `"" does not say what c is`},
		{"legend of another", "c = x", "d = x", `"d = x" does not say what c is`},
		{"legend twice", "c = x", "c = x\nc = x", "3 fields have 4 lines"},
		{"wide bits", "7..6", "7..5", "a has 2 bits, and MAC another number"},
		{"wide modulus", "mod 4", "mod 8", "a has 2 bits, and x another number"},
		{"odd modulus", "mod 4", "mod 3", "a has 2 bits, and x another number"},
		{"no modulus", "mod 4", "mod 0", "no such modulus"},
		{"bits in reverse", "7..6", "6..7", "no such bits"},
		{"bits beyond the MAC", "7..6", "65..64", "no such bits"},
		{"a number", "b = 0", "b = 7", "neither a quantity"},
		{"a number in a name", "c = x", "c = x 7", "neither a quantity"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			refused(t, smallRuler, c.old, c.new, c.want, func(lines []string) error {
				_, err := parseRuler(lines)
				return err
			})
		})
	}
}

func TestLayoutPutsBytesTogether(t *testing.T) {
	l, err := parseLayout(strings.Split(smallLayout, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	values := map[string][]byte{"address": []byte("abcd"), "x": []byte("123456")}
	if b, err := l.Bytes(IPv4, values); string(b) != "abcd56" || err != nil {
		t.Errorf("%q, %v", b, err)
	}
	if _, err := l.Bytes(IPv6, values); err == nil {
		t.Error("an IPv4 address fills the place of one of IPv6")
	}
	values["address"] = []byte("abcde")
	if _, err := l.Bytes(IPv4, values); err == nil {
		t.Error("an address is cut")
	}
}

func TestLayoutThatDoesNotAddUpIsRefused(t *testing.T) {
	cases := []struct{ name, old, new, want string }{
		{"gap", " 4  2 ", " 5  2 ", "it lies at 4"},
		{"overlap", "16   2", "15   2", "it lies at 16"},
		{"wide", " 0  4 ", " 0  5 ", "it lies at 5"},
		{"end", " 6      18", " 7      18", "the end is at 6, not 7"},
		{"end for IPv6", "18      end", "20      end", "the end is at 18, not 20"},
		{"no end", " 6      18      end", "", "is no field"},
		{"line behind the end", "end", "end\n 6  1   18   1  y", "comes after the end"},
		{"no field", " 4  2   16   2  x mod 2^16", "and more\n 4  2   16   2  x mod 2^16", "is no field"},
		{"number in the head", "at size at", "at size 4", "is no field"},
		{"modulus", "2^16", "2^8", "2 bytes do not hold it"},
		{"number in a name", "address", "address 7", "neither a quantity"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			refused(t, smallLayout, c.old, c.new, c.want, func(lines []string) error {
				_, err := parseLayout(lines)
				return err
			})
		})
	}
}

// refused expects that a figure with one change is not read, and why.
func refused(t *testing.T, figure, old, changed, want string, parse func([]string) error) {
	t.Helper()
	text := strings.Replace(figure, old, changed, 1)
	if text == figure {
		t.Fatal("the case changes nothing")
	}
	if err := parse(strings.Split(text, "\n")); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, not: %s", err, want)
	}
}
