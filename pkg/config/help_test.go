package config

import (
	"bytes"
	"errors"
	"slices"
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
	if got := help(t, "security", "screen", "ids-option", "S", "ip", "tunnel"); !strings.HasSuffix(got,
		"(not supported yet)\n") {
		t.Errorf("got:\n%s", got)
	}
}

func TestHelpSaysWhyAStatementIsRefusedForGood(t *testing.T) {
	want := "security screen ids-option <name> ip spoofing\n" +
		"    sources that do not belong to their zone " +
		"(not supported: a wire has no routing table to ask where a source address belongs)\n"
	if got := help(t, "security", "screen", "ids-option", "S", "ip", "spoofing"); got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
}

func TestHelpOfAScreenGivesItsThreshold(t *testing.T) {
	want := `security screen ids-option <name> udp flood
    limit the UDP packets to one address
    not supported yet: white-list
security screen ids-option <name> udp flood threshold <number>
    packets to one address above which more are dropped; 1..1000000 packets/s, default 1000
`
	if got := help(t, "security", "screen", "ids-option", "udp", "flood"); got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
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
	list := usages(help(t))
	written := 0
	var walk func(s *statement, usage, line string)
	walk = func(s *statement, usage, line string) {
		if slices.Contains(list, usage+s.takes()) && s.kind != container || s.presence {
			written++
			if _, _, err := ParseTree("x.conf", []byte(line+s.example())); err != nil {
				t.Errorf("%s: %v", usage, err)
			}
		}
		for _, c := range s.children {
			if c.status == supported {
				walk(c, strings.TrimSpace(usage+" "+c.head()), line+s.example()+" "+c.keyword)
			}
		}
	}
	walk(newSchema(), "", "set")
	if written < 70 {
		t.Errorf("%d statements were written", written)
	}
}

// example gives what may stand behind the keyword.
func (s *statement) example() string {
	switch {
	case s.value == nil:
		return ""
	case s.exactly == 2:
		return " [ eth1 eth2 ]"
	}
	return " " + (&generator{}).value(s.value)
}
