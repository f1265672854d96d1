package config

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const examplesDir = "../../examples"

func example(t *testing.T, name string) *Config {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(examplesDir, name))
	if err != nil {
		t.Fatal(err)
	}
	return mustParse(t, string(text))
}

func TestExamplesInBothFormsAreTheSame(t *testing.T) {
	for _, name := range []string{"web-server", "stock-srx-profile"} {
		braces, set := example(t, name+".conf"), example(t, name+".set")
		sameConfig(t, braces, set)
		sameForms(t, braces.Tree, set.Tree)
	}
}

func TestExampleOfAHostPortGivesNoWarning(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(examplesDir, "host.conf"))
	if err != nil {
		t.Fatal(err)
	}
	got, warnings, err := Parse("host.conf", text)
	if err != nil || len(warnings) > 0 {
		t.Fatalf("error %v, warnings:\n%s", err, warnings)
	}
	if hosts := got.HostPorts(); len(hosts) != 1 || hosts[0].Name != "eth0" || hosts[0].Zone != "world" {
		t.Errorf("host ports are %v", hosts)
	}
	f := got.Flow
	if f.Activation != ActivationKernel || f.PassiveSeconds != 1 || f.FloodSeconds != 1 ||
		f.ZoneHostAdmission("world") != AdmissionKernel {
		t.Errorf("activation %s, timers %d and %d, admission %s", f.Activation, f.PassiveSeconds, f.FloodSeconds,
			f.ZoneHostAdmission("world"))
	}
}

// What an SRX leaves the factory with is pasted by many: its values are asserted one by one.
func TestStockProfileOfAnSRXIsReadAsItIs(t *testing.T) {
	got := example(t, "stock-srx-profile.conf").Screens[0]
	want := &SynFlood{AlarmThreshold: 1024, AttackThreshold: 200, SourceThreshold: 1024,
		DestinationThreshold: 2048, TimeoutSeconds: 20, QueueSize: 2000}
	if diff := cmp.Diff(want, got.SynFlood, cmpopts.IgnoreTypes(Pos{})); diff != "" {
		t.Errorf("syn-flood (-want +got):\n%s", diff)
	}
	if !got.ICMP.PingDeath || !got.IP.SourceRouteOption || !got.IP.TearDrop || !got.TCP.Land || len(got.Armed) != 5 {
		t.Errorf("armed are %v", got.Armed)
	}
}
