package config

import (
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/rogpeppe/go-internal/txtar"
)

const (
	goldenDir = "../../testdata/config"
	inputName = "input.conf"
	// updateVariable rewrites the expectations from what the package does now: read the difference.
	updateVariable = "UPDATE_GOLDEN"
)

// goldenFiles gives the cases: one file holds an input and what must come of it.
func goldenFiles(tb testing.TB) []string {
	tb.Helper()
	files, err := filepath.Glob(filepath.Join(goldenDir, "*.txtar"))
	if err != nil {
		tb.Fatal(err)
	}
	if len(files) < 120 {
		tb.Fatalf("%s holds %d cases, want at least 120", goldenDir, len(files))
	}
	return files
}

func readGolden(tb testing.TB, file string) *txtar.Archive {
	tb.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	if len(archive.Files) == 0 || archive.Files[0].Name != inputName {
		tb.Fatalf("%s: the first file must be %s", file, inputName)
	}
	return archive
}

// outcome gives each kind of expectation that a case can hold.
func outcome(input []byte) map[string]string {
	config, warnings, err := Parse(inputName, input)
	got := map[string]string{}
	if len(warnings) > 0 {
		got["warnings"] = warnings.String() + "\n"
	}
	if err != nil {
		got["errors"] = err.Error() + "\n"
		return got
	}
	got["config"] = dump(config)
	got["set"] = Format(config.Tree, Set)
	got["braces"] = Format(config.Tree, Braces)
	return got
}

func TestEveryGoldenCaseGivesItsExpectedOutcome(t *testing.T) {
	for _, file := range goldenFiles(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive := readGolden(t, file)
			got := outcome(archive.Files[0].Data)
			if os.Getenv(updateVariable) != "" {
				updateGolden(t, file, archive, got)
				return
			}
			compareGolden(t, archive.Files[1:], got)
		})
	}
}

func compareGolden(t *testing.T, expectations []txtar.File, got map[string]string) {
	t.Helper()
	seen := map[string]bool{}
	for _, want := range expectations {
		seen[want.Name] = true
		if diff := cmp.Diff(string(want.Data), got[want.Name]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", want.Name, diff)
		}
	}
	// What is wrong with an input is always expected in full; how a good one is shown, as a case likes.
	for _, name := range []string{"errors", "warnings"} {
		if !seen[name] && got[name] != "" {
			t.Errorf("unexpected %s:\n%s", name, got[name])
		}
	}
	if !seen["errors"] && !seen["config"] && !seen["set"] && !seen["braces"] {
		t.Error("the case expects nothing")
	}
}

// updateGolden keeps the kinds of expectation that a case has; a new case gets what applies to it.
func updateGolden(t *testing.T, file string, archive *txtar.Archive, got map[string]string) {
	t.Helper()
	var names []string
	for _, f := range archive.Files[1:] {
		names = append(names, f.Name)
	}
	kept := archive.Files[:1]
	for _, name := range []string{"errors", "warnings", "config", "set", "braces"} {
		wanted := slices.Contains(names, name) || name == "errors" || name == "warnings" ||
			len(names) == 0 && name != "braces"
		if wanted && got[name] != "" {
			kept = append(kept, txtar.File{Name: name, Data: []byte(got[name])})
		}
	}
	archive.Files = kept
	if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestSetAndBracesFormsConvertToEachOtherWithoutLoss(t *testing.T) {
	for _, file := range goldenFiles(t) {
		config, _, err := Parse(inputName, readGolden(t, file).Files[0].Data)
		if err != nil {
			continue
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			for _, form := range forms() {
				again := reread(t, config, form)
				for _, other := range forms() {
					sameConfig(t, config, reread(t, again, other))
				}
			}
		})
	}
}

func forms() []Form { return []Form{Set, Braces} }

// reread writes a configuration in one form and reads it again.
func reread(t *testing.T, config *Config, form Form) *Config {
	t.Helper()
	text := Format(config.Tree, form)
	again, _, err := Parse("again", []byte(text))
	if err != nil {
		t.Fatalf("the formatted text does not parse: %v\n%s", err, text)
	}
	if diff := cmp.Diff(text, Format(again.Tree, form)); diff != "" {
		t.Errorf("written again, the text differs (-want +got):\n%s", diff)
	}
	sameForms(t, config.Tree, again.Tree)
	return again
}

// sameConfig compares all but positions.
func sameConfig(t *testing.T, want, got *Config) {
	t.Helper()
	opts := []cmp.Option{
		cmpopts.IgnoreTypes(Pos{}), cmpopts.IgnoreFields(Config{}, "Tree"), cmpopts.EquateComparable(netip.Prefix{}),
	}
	if diff := cmp.Diff(want, got, opts...); diff != "" {
		t.Errorf("typed configuration (-want +got):\n%s", diff)
	}
}

func sameForms(t *testing.T, want, got *Tree) {
	t.Helper()
	for _, form := range forms() {
		if diff := cmp.Diff(Format(want, form), Format(got, form)); diff != "" {
			t.Errorf("form %d (-want +got):\n%s", form, diff)
		}
	}
}
