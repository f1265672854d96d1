package cli

import (
	"strings"
	"testing"
)

func TestHelpTellsAStatement(t *testing.T) {
	for _, words := range [][]string{
		{"help", "security", "flow", "syn-flood-protection-mode"},
		{"help", "set", "security", "flow", "syn-flood-protection-mode"},
	} {
		want := "security flow syn-flood-protection-mode (syn-cookie | syn-proxy)\n"
		if got := command(t, words...); got.Code != 0 || !strings.HasPrefix(got.Stdout, want) {
			t.Errorf("%v: %+v", words, got)
		}
	}
}

func TestHelpOfTheScreensGivesRangesAndDefaults(t *testing.T) {
	got := command(t, "help", "security", "screen")
	for _, want := range []string{
		"\nsecurity screen ids-option <name> tcp port-scan threshold <number>\n",
		"1000..1000000 microseconds, default 5000\n",
		"\nsecurity screen ids-option <name> limit-session source-ip-based <number>\n", "1..2000000 sessions\n",
	} {
		if !strings.Contains(got.Stdout, want) {
			t.Errorf("%q is missing in:\n%s", want, got.Stdout)
		}
	}
}

func TestHelpOfSetTellsEveryStatement(t *testing.T) {
	got := command(t, "help", "set")
	for _, want := range []string{
		"system dataplane-type (userspace)\n", "security forwarding-options secure-wire <name>\n",
	} {
		if !strings.Contains(got.Stdout, want) {
			t.Errorf("%q is missing in:\n%s", want, got.Stdout)
		}
	}
}

func TestHelpTellsACommand(t *testing.T) {
	for words, want := range map[string]string{
		"help":                          "Available Commands:",
		"help commit":                   "synscreen commit [FILE]",
		"help show security syn-cookie": "synscreen show security syn-cookie",
		"help help":                     "synscreen help [COMMAND... | STATEMENT...]",
	} {
		if got := command(t, strings.Fields(words)...); got.Code != 0 || !strings.Contains(got.Stdout, want) {
			t.Errorf("%s: %+v", words, got)
		}
	}
}

func TestHelpOfWhatIsNeitherSuggestsTheNearest(t *testing.T) {
	for words, want := range map[string]string{
		"help bogus": `help for "bogus": unknown statement "bogus"; one of these can follow: system, security`,
		"help chek": `help for "chek": unknown statement "chek"; one of these can follow: system, security; ` +
			`or the command "check"?`,
		"help security scren": `help for "security scren": unknown statement "scren"; did you mean "screen"?`,
		"help show bogus":     `help for "show bogus": unknown statement "show"`,
	} {
		got := command(t, strings.Fields(words)...)
		if got.Code != 2 || !strings.HasPrefix(got.Stderr, "synscreen: "+want) {
			t.Errorf("%s: %+v, want %s", words, got, want)
		}
	}
}
