package page

import (
	"slices"
	"testing"
)

var sample = Header{path: "sample.h", text: `
#ifndef MACRO
#define MACRO 64
#endif
enum { FIRST = 216, /* why */ LAST = 1 };
static const uint64_t LONG = 15 * 60 * 1000000000ull;
static const uint64_t OF = MACRO * 1000000000ull;
struct pair {
	struct key current;  /* of E; now */
	struct key previous, before;
};
	step = passed / 2;
screen_inline uint16_t screen_cookie_mss(uint8_t family, uint32_t index)
{
	switch (index & 7) {
	case 0: return FIRST;
	case 1: return v4 ? 536 : 1220;
	default: return 1400;
	}
}
`}

func TestHeaderReadsWhatIsWrittenInEachForm(t *testing.T) {
	for name, want := range map[string]int64{"MACRO": 64, "FIRST": 216, "LAST": 1, "LONG": 900 * second} {
		if got := sample.Constant(name); got != want {
			t.Errorf("%s is %d, not %d", name, got, want)
		}
	}
	if got := sample.Members("pair"); got != 3 {
		t.Errorf("%d members", got)
	}
	if got := sample.Number(`passed / (\d+);`); got != 2 {
		t.Errorf("passed / %d", got)
	}
	tables := sample.mssTables()
	if !slices.Equal(tables[IPv4], []int64{216, 536, 1400}) ||
		!slices.Equal(tables[IPv6], []int64{216, 1220, 1400}) {
		t.Errorf("%v", tables)
	}
}

func TestHeaderThatLacksANumberIsNotGuessedAt(t *testing.T) {
	cases := map[string]func(){
		"no constant":      func() { sample.Constant("NONE") },
		"part of a name":   func() { sample.Constant("FIR") },
		"not a literal":    func() { sample.Constant("OF") },
		"no struct":        func() { sample.Members("none") },
		"no match":         func() { sample.Number(`passed \* (\d+);`) },
		"several matches":  func() { sample.Number(`return (\d+)|case (\d)`) },
		"no table":         func() { Header{path: "empty.h"}.mssTables() },
		"cases in reverse": func() { reversed().mssTables() },
	}
	for name, read := range cases {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("something was read")
				}
			}()
			read()
		})
	}
}

func reversed() Header {
	return Header{path: "reversed.h", text: "screen_cookie_mss(uint8_t family\n" +
		"case 1: return 2;\ncase 0: return 1;\n}"}
}
