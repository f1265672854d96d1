package config

import "testing"

func TestDistanceCountsSingleEdits(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"a", "", 1}, {"syn-flood", "syn-flood", 0}, {"syn-flod", "syn-flood", 1},
		{"dataplane-tpye", "dataplane-type", 1}, {"abc", "xyz", 3}, {"untrsut", "untrust", 1},
	} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("distance(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
		if got := distance(c.b, c.a); got != c.want {
			t.Errorf("distance(%q, %q) = %d, want %d", c.b, c.a, got, c.want)
		}
	}
}

func TestNearestGivesNothingForWordsThatAreFarFromAll(t *testing.T) {
	if got := nearest("xyzzy", []string{"system", "security"}); got != "" {
		t.Errorf("got %q", got)
	}
}

func TestQuotedWordReadsBackAsItself(t *testing.T) {
	for _, word := range []string{
		"", "plain", "two words", `"`, `\`, `a\"b`, "#x", "a/*b", "apply-groups", "inactive:", "[", "{}", "set",
		"ä", "::1", "10.0.0.0/8",
	} {
		lex := newLexer("x", []byte(quoteWord(word)), func(e Error) { t.Error(e) })
		got := lex.next()
		if got.kind != wordToken || got.text != word || lex.next().kind != endToken {
			t.Errorf("%q is written as %s and reads back as %q", word, quoteWord(word), got.text)
		}
	}
}

func TestLongWordsAreClippedInMessages(t *testing.T) {
	word := ""
	for range maxShown + 1 {
		word += "ä"
	}
	if got := clip(word); got != word[:2*maxShown]+"..." {
		t.Errorf("got %q", got)
	}
	if got := clip(word[2:]); got != word[2:] {
		t.Errorf("a word of just the bound is clipped to %q", got)
	}
}
