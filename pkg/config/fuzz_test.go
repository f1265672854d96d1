package config

import (
	"strings"
	"testing"
)

// FuzzParse holds the two promises that must not depend on the input: reading never panics, and what
// was read and written reads back as the same.
func FuzzParse(f *testing.F) {
	for _, file := range goldenFiles(f) {
		f.Add(readGolden(f, file).Files[0].Data)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		config, _, err := Parse("fuzz", text)
		if (config == nil) != (err != nil) {
			t.Fatalf("config %v with error %v", config, err)
		}
		tree, _, err := ParseTree("fuzz", text)
		if err != nil {
			checkErrors(t, err)
			return
		}
		checkForms(t, tree)
		if config != nil {
			for _, form := range forms() {
				sameTyped(t, config, Format(tree, form))
			}
		}
	})
}

// FuzzFormat walks the schema instead of the text: whatever can be configured is written so that it reads
// back as the same.
func FuzzFormat(f *testing.F) {
	for _, file := range goldenFiles(f) {
		f.Add(readGolden(f, file).Files[0].Data)
	}
	f.Fuzz(func(t *testing.T, decisions []byte) {
		g := newGenerator(decisions)
		checkForms(t, generated(t, g))
	})
}

// FuzzCompare holds that a comparison is empty if and only if two configurations are written the same,
// and that it names what only one of them has.
func FuzzCompare(f *testing.F) {
	for _, file := range goldenFiles(f) {
		f.Add(readGolden(f, file).Files[0].Data)
	}
	f.Fuzz(func(t *testing.T, decisions []byte) {
		g := newGenerator(decisions)
		old, new := generated(t, g), generated(t, g)
		for _, same := range []*Tree{old, new} {
			if got := Compare(same, same); got != "" {
				t.Errorf("a tree differs from itself:\n%s", got)
			}
		}
		got := Compare(old, new)
		if (got == "") != (FormatSet(old) == FormatSet(new)) {
			t.Errorf("from\n%sto\n%sthe comparison says:\n%s", FormatSet(old), FormatSet(new), got)
		}
		checkComparison(t, got)
		if reverse := Compare(new, old); swapSigns(reverse) != signs(got) {
			t.Errorf("backwards, the comparison is\n%sinstead of the opposite of\n%s", reverse, got)
		}
	})
}

// FuzzLexer holds that every token has its place, and that a word that is quoted again is the same word.
func FuzzLexer(f *testing.F) {
	for _, file := range goldenFiles(f) {
		f.Add(readGolden(f, file).Files[0].Data)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		lex := newLexer("fuzz", text, func(Error) {})
		behind := Pos{File: "fuzz", Line: 1, Col: 1}
		for range len(text) + 1 {
			got := lex.next()
			if got.pos.compare(behind) < 0 || got.end.compare(got.pos) < 0 {
				t.Fatalf("%s stands at %s to %s, behind %s", got, got.pos, got.end, behind)
			}
			behind = got.end
			if got.kind == endToken {
				return
			}
			if got.kind == wordToken {
				checkWord(t, got.text)
			}
		}
		t.Error("more tokens than characters")
	})
}

// checkWord quotes a word and reads it again.
func checkWord(t *testing.T, word string) {
	t.Helper()
	lex := newLexer("again", []byte(quoteWord(word)), func(e Error) { t.Errorf("%q: %s", word, e) })
	got := lex.next()
	if got.kind != wordToken || got.text != word || lex.next().kind != endToken {
		t.Errorf("%q is written as %s and reads back as %q", word, quoteWord(word), got.text)
	}
}

// generated reads a text of the generator, which must be accepted.
func generated(t *testing.T, g *generator) *Tree {
	t.Helper()
	text := g.text()
	tree, _, err := ParseTree("generated", []byte(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return tree
}

// checkForms writes a tree in both forms and reads them again.
func checkForms(t *testing.T, tree *Tree) {
	t.Helper()
	for _, form := range forms() {
		written := Format(tree, form)
		again, warnings, err := ParseTree("again", []byte(written))
		if err != nil {
			t.Fatalf("formatted text does not parse: %v\n%s", err, written)
		}
		for _, w := range warnings {
			if w.Msg != queueSizeWarning {
				t.Errorf("formatted text gives a warning: %s\n%s", w, written)
			}
		}
		sameForms(t, tree, again)
		if got := Compare(tree, again); got != "" {
			t.Errorf("formatted text differs:\n%s", got)
		}
	}
}

// queueSizeWarning is the one warning that a formatted text may give.
const queueSizeWarning = "queue-size has no effect: challenges keep no queue"

// checkErrors holds every error list to its form.
func checkErrors(t *testing.T, err error) {
	t.Helper()
	list, ok := err.(*ErrorList)
	if !ok || len(list.Errors) == 0 || len(list.Errors) > maxErrors {
		t.Fatalf("not an error list within its bounds: %v", err)
	}
	for i, e := range list.Errors {
		if !e.Pos.IsValid() || e.Msg == "" {
			t.Errorf("error without position or message: %+v", e)
		}
		if i > 0 && list.Errors[i-1].Pos.compare(e.Pos) > 0 {
			t.Errorf("%s stands behind %s", list.Errors[i-1].Pos, e.Pos)
		}
	}
}

func sameTyped(t *testing.T, config *Config, written string) {
	t.Helper()
	again, _, err := Parse("again", []byte(written))
	if err != nil {
		t.Fatalf("formatted text is refused: %v\n%s", err, written)
	}
	sameConfig(t, config, again)
}

// checkComparison holds a comparison to its form: places, each with changes below it.
func checkComparison(t *testing.T, text string) {
	t.Helper()
	atPlace := false
	for line := range strings.Lines(text) {
		isPlace := strings.HasPrefix(line, "[edit") && strings.HasSuffix(line, "]\n")
		isChange := strings.HasPrefix(line, "-  ") || strings.HasPrefix(line, "+  ") || strings.HasPrefix(line, "!  ")
		if isPlace == isChange || isPlace && atPlace {
			t.Errorf("the line %q does not belong into a comparison:\n%s", line, text)
		}
		atPlace = isPlace
	}
	if atPlace || text != "" && !strings.HasPrefix(text, "[edit") {
		t.Errorf("a place without changes, or changes without a place:\n%s", text)
	}
}
