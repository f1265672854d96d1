package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"synscreen/pkg/control"
	"synscreen/test/lab"
)

// unitCapabilities are those of examples/synscreen.service, as setpriv(1) spells them.
func unitCapabilities(t testing.TB) []string {
	t.Helper()
	root, err := lab.Root()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "examples/synscreen.service"))
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`(?m)^CapabilityBoundingSet=(.*)$`).FindSubmatch(text)
	if line == nil {
		t.Fatal("the unit bounds no capabilities")
	}
	return strings.Fields(strings.ToLower(strings.ReplaceAll(string(line[1]), "CAP_", "")))
}

// holding is a command that starts another with these capabilities alone, and a memlock limit that no
// frame memory fits into.
func holding(capabilities []string) []string {
	return []string{"prlimit", "--memlock=65536:65536", "setpriv", "--inh-caps=-all",
		"--bounding-set=-all,+" + strings.Join(capabilities, ",+")}
}

func TestUnitsCapabilitiesAreEnoughToReplaceAKilledDaemon(t *testing.T) {
	t.Parallel()
	w, by := lab.WireForTest(t, lab.WireOptions{}), holding(unitCapabilities(t))
	startContent(t, w)
	for range 2 {
		d := launchDaemonBy(t, w, by, configuration{always: true}, noLearning)
		d.waitRunning(t)
		before := d.status(t)
		for _, family := range families {
			if err := fetch(t.Context(), w, family, 1); err != nil {
				t.Fatal(err)
			}
		}
		wantSpliced(t, d, before, 2)
		d.signal(t, syscall.SIGKILL)
	}
}

// Each of them is needed: without it the configuration is refused, SYS_ADMIN at the start after a kill. That
// SYS_NICE is missed only by the workers' priority the unit says itself.
func TestWithoutOneOfTheUnitsCapabilitiesNothingRuns(t *testing.T) {
	for missing, why := range map[string]string{
		"net_admin": "Operation not permitted",
		"net_raw":   "AF_XDP: cannot make a socket",
		"ipc_lock":  "cannot register frame memory",
		"sys_admin": "another XDP program",
	} {
		t.Run(missing, func(t *testing.T) {
			t.Parallel()
			w := lab.WireForTest(t, lab.WireOptions{})
			all := unitCapabilities(t)
			rest := slices.DeleteFunc(slices.Clone(all), func(c string) bool { return c == missing })
			if len(rest) != len(all)-1 {
				t.Fatalf("%s is not among %v", missing, all)
			}
			if missing == "sys_admin" {
				rest = append(rest, "bpf", "perfmon") // which are a part of it
				startDaemon(t, w, configuration{}).signal(t, syscall.SIGKILL)
			}
			d := launchDaemonBy(t, w, holding(rest), configuration{})
			var report control.CapabilityReport
			d.wait(t, "a refusal", func() (bool, error) {
				var err error
				report, err = d.client.Capabilities(t.Context())
				return report.LastRefusal != nil, err
			})
			if reason := report.LastRefusal.Refusals[0].Reason; !strings.Contains(reason, why) {
				t.Errorf("refused by %q, want %q", reason, why)
			}
		})
	}
}
