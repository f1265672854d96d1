package page

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// facts of the pages below.
var few = &Facts{rows: map[string][]string{
	"epoch": {"64"}, "odds": {"2^-28"}, "table": {"216", "536"}, "slow": {"1/2"},
}}

// whole shows each of them.
const whole = `# A page of 1 heading

Epochs of 64 s, half speed, and odds of 2^-28.
<!-- n: epoch slow odds -->

| 216 | 536 |
|---|---|

<!-- n: table -->
`

func TestPageWithEveryNumberNamedAndRightPasses(t *testing.T) {
	if problems := Check(Read("p", whole), few); len(problems) > 0 {
		t.Error(problems)
	}
}

func TestPageFailsForEachKindOfFault(t *testing.T) {
	cases := []struct {
		name     string
		old, new string // what is changed of the whole page
		want     []string
	}{
		{"another number", "64 s", "63 s", []string{"p:3: 63 is named epoch, which is 64"}},
		{"another power", "2^-28", "2^-24", []string{"p:3: 2^-24 is named odds, which is 2^-28"}},
		{"another word", "half", "double", []string{"p:3: double is named slow, which is 1/2"}},
		{"another entry of a row", "536", "537", []string{"p:6: 537 is named table, which is 536"}},
		{"other digits", "64 s", "６４ s", []string{"p:3: ６ is named epoch, which is 64",
			"p:3: ４ is named slow, which is 1/2", "p:3: half is named odds, which is 2^-28",
			"p:3: 2^-28 has no name"}},
		{"a number more", "odds of 2^-28", "odds of 2^-28 in 7", []string{"p:3: 7 has no name"}},
		{"a word more", "odds of 2^-28", "odds of 2^-28, three times", []string{"p:3: three has no name"}},
		{"a hexadecimal more", "2^-28", "2^-28 of `0x8`", []string{"p:3: 0x8 has no name"}},
		{"a number in code more", "2^-28", "2^-28 of `a + 7`", []string{"p:3: 7 has no name"}},
		{"a number in a fence more", "| 216", "```\n9 bits\n```\n\n| 216",
			[]string{"p:7: 9 is named table, which is 216", "p:10: 216 is named table, which is 536",
				"p:10: 536 has no name"}},
		{"a number at the end", "<!-- n: table -->", "<!-- n: table -->\n\n12 more",
			[]string{"p:11: 12 has no name"}},
		{"a number before a heading", "| 216", "12 more\n## Next\n| 216", []string{"p:6: 12 has no name"}},
		{"a number less", "64 s", "so many s", []string{
			"p:3: half is named epoch, which is 64", "p:3: 2^-28 is named slow, which is 1/2",
			"p:4: the name odds has no number: 2^-28"}},
		{"an entry of a row less", " 536 |", "", []string{"p:9: the name table has no number: 536"}},
		{"an unknown name", "n: epoch", "n: epock", []string{"p:4: no fact has the name epock",
			"p: epoch is nowhere on the page: 64"}},
		{"names in another order", "epoch slow", "slow epoch", []string{
			"p:3: 64 is named slow, which is 1/2", "p:3: half is named epoch, which is 64"}},
		{"a fact that is nowhere", "| 216 | 536 |\n|---|---|\n\n<!-- n: table -->\n", "",
			[]string{"p: table is nowhere on the page: 216 536"}},
		{"a comment without names", "n: table", "tables", []string{"p:9: a comment that names no number",
			"p:6: 216 has no name", "p:6: 536 has no name", "p: table is nowhere on the page: 216 536"}},
		{"a comment without end", "table -->", "table", []string{"p:10: a fence or comment has no end",
			"p:6: 216 has no name", "p:6: 536 has no name", "p: table is nowhere on the page: 216 536"}},
		{"a figure that is none", "# A", "```bits odd\n```\n# A", []string{
			"p:2: figure odd: a ruler has tens, ones, and a row between lines"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Replace(whole, c.old, c.new, 1)
			if text == whole {
				t.Fatal("the case changes nothing")
			}
			if diff := cmp.Diff(c.want, Check(Read("p", text), few)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPageFailsForAClaimThatDoesNotHold(t *testing.T) {
	facts := &Facts{rows: few.rows}
	facts.claim(true, "one is one")
	facts.claim(false, "one is none")
	want := []string{"p: it does not hold that one is none"}
	if diff := cmp.Diff(want, Check(Read("p", whole), facts)); diff != "" {
		t.Error(diff)
	}
}

func TestNumbersThatAreNamesNeedNone(t *testing.T) {
	lines := []string{
		"RFC 9293, section 3.7.1, RFC 7323 section 2 and RFC 2018",
		"IPv4, BLAKE2b, `synscrn1`, x86_64 and SipHash-2-4",
		"on 2026-11-23, in Indocrypt (2012)",
		"[a page](cookie-64.md#part-2) and <https://example.org/2012/351>",
		"half-open connections, one after the other, once",
	}
	for _, line := range lines {
		if found := numbersIn(line, 1); len(found) > 0 {
			t.Errorf("%q: %v", line, found)
		}
	}
}

func TestNumbersNextToNamesAreFound(t *testing.T) {
	cases := map[string][]string{
		"RFC 9293 and 64 bytes":                {"64"},
		"RFC 9293, section 3.4, 5 bytes":       {"5"},
		"section 64":                           {"64"},
		"(2048) and (1899)":                    {"2048", "1899"},
		"64s, 2`d`, 32-bit, -7":                {"64", "2", "32", "7"},
		"2^-28, 2^32, 3.8 × 10^-25, 0x1F":      {"2^-28", "2^32", "3.8 × 10^-25", "0x1F"},
		"31..27, 1,073,725,440, 0.037, 18.6 s": {"31", "27", "1,073,725,440", "0.037", "18.6"},
		"1,2 and 1,2345":                       {"1", "2", "1,234", "5"},
		"Two, a dozen, half, Twice":            {"2", "12", "1/2", "2"},
		"[64 s](a.md)":                         {"64"},
		"`agreed = 8`":                         {"8"},
		"½ and ²":                              {"½", "²"},
	}
	for line, want := range cases {
		var got []string
		for _, n := range numbersIn(line, 1) {
			got = append(got, n.Value)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: %q, not %q", line, got, want)
		}
	}
}
