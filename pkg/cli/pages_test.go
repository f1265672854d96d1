package cli

import (
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// commandsOf finds the commands that a page tells to write, in backquotes or at a prompt.
func commandsOf(t *testing.T, page string) []string {
	t.Helper()
	text, err := os.ReadFile("../../" + page)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, pattern := range []string{
		"`(?:synscreen )?((?:show|clear|request|commit|monitor|trace|run|replay|detach|rollback|compare) [^`]+)`",
		"`synscreen ([^`]+)`",
		`(?m)^(?:sudo )?build/bin/synscreen ([^#\n]+)`,
		`(?m)^[#$] synscreen ([^>\n]+)`,
	} {
		for _, use := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(text), -1) {
			found = append(found, use[1])
		}
	}
	return found
}

// wrongIn says what a command line names that there is not; empty: nothing.
func wrongIn(root *cobra.Command, line string) string {
	words := strings.Fields(strings.NewReplacer("[", " ", "]", " ", "(", " ", "|", " ", "\\", " ").Replace(line))
	command, rest, err := root.Find(words)
	if err != nil {
		return err.Error()
	}
	if len(rest) == len(words) {
		return "no such command"
	}
	command.InitDefaultHelpFlag()
	for _, word := range rest {
		name, _, _ := strings.Cut(strings.TrimLeft(strings.Trim(word, ",."), "-"), "=")
		if strings.HasPrefix(word, "--") && command.Flags().Lookup(name) == nil &&
			command.InheritedFlags().Lookup(name) == nil {
			return command.CommandPath() + " has no " + word
		}
	}
	// `show security flow x`: a word of a group that it does not have
	if len(rest) > 0 && command.HasAvailableSubCommands() && command.Name() == command.Use && rest[0][0] != '-' {
		return command.CommandPath() + " has no " + rest[0]
	}
	return ""
}

func TestPagesNameOnlyCommandsAndFlagsThatThereAre(t *testing.T) {
	root := (&app{stdout: io.Discard, stderr: io.Discard}).root()
	root.InitDefaultHelpCmd()
	for page, least := range map[string]int{
		"README.md": 25, "docs/operation.md": 40, "docs/configuration.md": 5, "docs/tools.md": 7, "docs/limits.md": 3,
	} {
		found := commandsOf(t, page)
		if len(found) < least {
			t.Errorf("%s: only %d commands were read: %q", page, len(found), found)
		}
		for _, line := range found {
			if wrong := wrongIn(root, line); wrong != "" {
				t.Errorf("%s: %s: %s", page, line, wrong)
			}
		}
	}
	for line, want := range map[string]string{
		"shwo ports": "no such command", "run --bogus": "synscreen run has no --bogus", "check FILE": "",
		"show security flow x": "synscreen show security flow has no x",
	} {
		if got := wrongIn(root, line); got != want {
			t.Errorf("%s: got %q, want %q", line, got, want)
		}
	}
}
