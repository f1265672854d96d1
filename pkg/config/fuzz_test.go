package config

import "testing"

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
		for _, form := range []Form{Set, Braces} {
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
			if config != nil {
				sameTyped(t, config, written)
			}
		}
	})
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
