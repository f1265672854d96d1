package userspace

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"synscreen/pkg/config"
)

const examplesDir = "../../../examples"

func TestExamplesAreValid(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(examplesDir, "*.*"))
	files = slices.DeleteFunc(files, func(file string) bool { // dashboards, systemd units
		return slices.Contains([]string{".json", ".service"}, filepath.Ext(file))
	})
	if err != nil || len(files) < 5 {
		t.Fatalf("%d examples, error %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			cfg := parseExample(t, filepath.Base(file))
			if err := Check(cfg); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestExampleInSetFormIsTheOneInBraces(t *testing.T) {
	braces, refusals := compile(parseExample(t, "web-server.conf"))
	set, more := compile(parseExample(t, "web-server.set"))
	if len(refusals)+len(more) > 0 {
		t.Fatal(refusals, more)
	}
	if diff := cmp.Diff(dump(encode(braces, 1)), dump(encode(set, 1))); diff != "" {
		t.Errorf("the two forms differ:\n%s", diff)
	}
}

func parseExample(t *testing.T, name string) *config.Config {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(examplesDir, name))
	if err != nil {
		t.Fatal(err)
	}
	cfg, _, err := config.Parse(name, text)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func TestConfigurationOfTheReadmeIsValid(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(examplesDir, "../README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, block, found := strings.Cut(string(page), "```\nset ")
	block, _, closed := strings.Cut(block, "```\n")
	if !found || !closed {
		t.Fatal("the README has lost its configuration")
	}
	cfg, warnings, err := config.Parse("README.md", []byte("set "+block))
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	if err := Check(cfg); err != nil {
		t.Error(err)
	}
}
