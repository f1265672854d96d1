package config

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func help(t *testing.T, path ...string) string {
	t.Helper()
	var b bytes.Buffer
	if err := Help(path, &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestHelpOfALeafGivesRangeAndDefault(t *testing.T) {
	want := `security screen ids-option <name> tcp syn-flood timeout <number>
    life of a half-open connection; 1..50 seconds, default 20
`
	got := help(t, "security", "screen", "ids-option", "edge", "tcp", "syn-flood", "timeout")
	if got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
	if again := help(t, "security", "screen", "ids-option", "tcp", "syn-flood", "timeout"); again != want {
		t.Errorf("without a name, got:\n%s", again)
	}
}

func TestHelpMarksWhatIsOurs(t *testing.T) {
	want := `security forwarding-options secure-wire <name>
    two interfaces: what enters one leaves the other; 1..63 characters
security forwarding-options secure-wire <name> interface [ <interface> <interface> ]
    the two interfaces of the wire; Linux interface name, 1..15 bytes
security forwarding-options secure-wire <name> on-failure (open | closed)
    while no engine runs, pass all traffic or drop it; open or closed, default open (ours)
`
	if got := help(t, "security", "forwarding-options", "secure-wire"); got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
}

func TestHelpMarksWhatIsNotSupportedYet(t *testing.T) {
	if got := help(t, "security", "screen", "ids-option", "S", "icmp", "flood"); !strings.HasSuffix(got,
		"(not supported yet)\n") {
		t.Errorf("got:\n%s", got)
	}
}

func TestHelpOfAnUnknownPathSuggestsTheNearest(t *testing.T) {
	err := Help([]string{"security", "scren"}, &bytes.Buffer{})
	want := `help for "security scren": unknown statement "scren"; did you mean "screen"?`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestHelpReportsThatItsOutputFailed(t *testing.T) {
	if err := Help(nil, failingWriter{}); !errors.Is(err, errFull) {
		t.Errorf("got %v", err)
	}
}

var errFull = errors.New("full")

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errFull }

// usages gives the statements that Help lists, one usage line each.
func usages(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, " ") {
			out = append(out, strings.TrimSpace(line))
		}
	}
	return out
}

func TestEveryStatementThatHelpListsCanBeWritten(t *testing.T) {
	examples := strings.NewReplacer("<name>", "n", "<number>", "1000", "<text>", "text",
		"[ <interface> <interface> ]", "[ eth1 eth2 ]", "[ <interface> ... ]", "eth1",
		"[ <prefix> ... ]", "192.0.2.0/24", "(open | closed)", "open", "(threshold | always)", "always",
		"(syn-cookie | syn-proxy)", "syn-cookie", "(userspace)", "userspace",
		"timeout <number>", "timeout 20", "epoch-skew <number>", "epoch-skew 20", "<path>", "/etc/master.key")
	list := usages(help(t))
	if len(list) < 30 {
		t.Fatalf("help lists %d statements", len(list))
	}
	for _, usage := range list {
		if usage == topLevel {
			continue
		}
		_, _, err := ParseTree("x.conf", []byte("set "+examples.Replace(usage)))
		for _, bad := range []string{"unknown statement", "unexpected", "allowed is"} {
			if err != nil && strings.Contains(err.Error(), bad) {
				t.Errorf("%s: %v", usage, err)
			}
		}
	}
}
