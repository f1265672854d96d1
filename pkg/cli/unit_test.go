package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"synscreen/pkg/control"
	"synscreen/pkg/daemon"
)

const unitFile = "../../examples/synscreen.service"

// installed is where the unit expects the program.
const installed = "/usr/local/bin/synscreen"

func unitText(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(unitFile)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// unit gives the settings of the unit by their keywords.
func unit(t *testing.T) map[string]string {
	t.Helper()
	settings := map[string]string{}
	for line := range strings.Lines(unitText(t)) {
		key, value, is := strings.Cut(strings.TrimSpace(line), "=")
		if !is || strings.HasPrefix(line, "#") {
			continue
		}
		if _, twice := settings[key]; twice {
			t.Errorf("%s is there twice", key)
		}
		settings[key] = value
	}
	return settings
}

func TestUnitMeetsTheDaemonWhereItIs(t *testing.T) {
	settings := unit(t)
	want := map[string]string{
		"StateDirectory":   strings.TrimPrefix(daemon.DefaultStateDir, "/var/lib/"),
		"RuntimeDirectory": strings.TrimPrefix(filepath.Dir(control.DefaultSocket), "/run/"),
		"Type":             "notify",
		"LimitCORE":        "0",
	}
	for key, value := range want {
		if settings[key] != value {
			t.Errorf("%s=%s, want %s", key, settings[key], value)
		}
	}
}

// The command lines of the unit are ones that the program takes: with --help it reads the flags, and
// says what it would have done.
func TestUnitStartsAndReloadsWithCommandsThatThereAre(t *testing.T) {
	for key, usage := range map[string]string{
		"ExecStart":  "synscreen run --config FILE",
		"ExecReload": "synscreen commit",
	} {
		words := strings.Fields(unit(t)[key])
		if len(words) == 0 || words[0] != installed {
			t.Fatalf("%s=%s", key, unit(t)[key])
		}
		got := command(t, append(words[1:], "--help")...)
		if got.Code != 0 || !strings.Contains(got.Stdout, usage) {
			t.Errorf("%s: %+v", key, got)
		}
	}
}

// Each capability is there for a reason, and each reason has its capability.
func TestUnitSaysWhatEachCapabilityIsFor(t *testing.T) {
	var has, told []string
	for _, word := range strings.Fields(unit(t)["CapabilityBoundingSet"]) {
		has = append(has, strings.TrimPrefix(word, "CAP_"))
	}
	for _, match := range regexp.MustCompile(`(?m)^#   ([A-Z_]+)  +\S`).FindAllStringSubmatch(unitText(t), -1) {
		told = append(told, match[1])
	}
	slices.Sort(has)
	slices.Sort(told)
	if diff := cmp.Diff(told, has); diff != "" || len(has) == 0 {
		t.Errorf("told (-), given (+):\n%s", diff)
	}
}

func TestUnitIsOneThatSystemdKnows(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Fatalf("the unit cannot be verified: %v; test/setup/packages.sh installs systemd", err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	verify := func(text string) string {
		path := filepath.Join(t.TempDir(), "synscreen.service")
		text = strings.ReplaceAll(text, installed, self) // what it starts must be there
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		said, err := exec.CommandContext(t.Context(), analyze, "verify", "--man=no", path).CombinedOutput()
		if err != nil {
			return string(said) + err.Error()
		}
		return string(said)
	}
	if said := verify(unitText(t)); said != "" {
		t.Errorf("systemd-analyze verify: %s", said)
	}
	misspelt := strings.Replace(unitText(t), "ProtectClock=", "ProtectClok=", 1)
	if said := verify(misspelt); !strings.Contains(said, "ProtectClok") {
		t.Errorf("a misspelt keyword is not found: %s", said)
	}
}
