package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

const compareDir = goldenDir + "/compare"

// Each case holds two configurations and the comparison of them.
func TestEveryComparisonGivesItsExpectedText(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(compareDir, "*.txtar"))
	if err != nil || len(files) < 10 {
		t.Fatalf("%d cases, error %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil || len(archive.Files) < 2 {
				t.Fatalf("not two configurations: %v", err)
			}
			trees := make([]*Tree, 2)
			for i, f := range archive.Files[:2] {
				if trees[i], _, err = ParseTree(f.Name, f.Data); err != nil {
					t.Fatal(err)
				}
			}
			got := Compare(trees[0], trees[1])
			checkComparison(t, got)
			if os.Getenv(updateVariable) != "" {
				archive.Files = append(archive.Files[:2], txtar.File{Name: "compare", Data: []byte(got)})
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(archive.Files[2].Data), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestComparisonWithNoTreeShowsAllOfTheOther(t *testing.T) {
	tree := mustParse(t, engineLine).Tree
	want := "[edit]\n+  system {\n+      dataplane-type userspace;\n+  }\n"
	if got := Compare(nil, tree); got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
	if got := Compare(tree, nil); got != strings.ReplaceAll(want, "+", "-") {
		t.Errorf("the other way round, got:\n%s", got)
	}
	if got := Compare(nil, nil); got != "" {
		t.Errorf("of nothing, got:\n%s", got)
	}
}

// Spelling is text: it is shown, although it means the same.
func TestComparisonShowsAnotherSpelling(t *testing.T) {
	old := mustParse(t, engineLine+"set security zones security-zone z interfaces eth1\n"+wireOfEth1).Tree
	new := mustParse(t, engineLine+"set security zones security-zone z interfaces eth1.0\n"+wireOfEth1).Tree
	want := "[edit security zones security-zone z interfaces]\n-  eth1;\n+  eth1.0;\n"
	if got := Compare(old, new); got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
}

const wireOfEth1 = "set security zones security-zone y interfaces eth2\n" +
	"set security forwarding-options secure-wire w interface [ eth1 eth2 ]\n"

// signs gives the lines of a comparison in an order that does not depend on its direction.
func signs(text string) string {
	lines := strings.SplitAfter(text, "\n")
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// swapSigns does the same, from the other side.
func swapSigns(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		switch {
		case strings.HasPrefix(line, "+"):
			line = "-" + line[1:]
		case strings.HasPrefix(line, "-"):
			line = "+" + line[1:]
		case strings.HasPrefix(line, "!  "+inactiveTag):
			line = "!  active:" + strings.TrimPrefix(line, "!  "+inactiveTag)
		case strings.HasPrefix(line, "!  active:"):
			line = "!  " + inactiveTag + strings.TrimPrefix(line, "!  active:")
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}
