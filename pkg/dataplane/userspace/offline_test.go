package userspace

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"synscreen/pkg/dataplane"
)

func TestOfflineKnowsEachPortsPeerAndScreen(t *testing.T) {
	offline, err := CompileOffline(parse(t, oneWire))
	if err != nil {
		t.Fatal(err)
	}
	want := []OfflinePort{
		{Name: "eth1", Peer: "eth2", Screened: true},
		{Name: "eth2", Peer: "eth1"},
	}
	if diff := cmp.Diff(want, offline.Ports); diff != "" {
		t.Errorf("ports (-want +got):\n%s", diff)
	}
}

func TestOfflineLeavesHostPortsOut(t *testing.T) {
	offline, err := CompileOffline(parse(t, wireAndHosts))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"eth0", "eth9"}, offline.Hosts); diff != "" {
		t.Errorf("host ports (-want +got):\n%s", diff)
	}
	var names []string
	for _, p := range offline.Ports {
		names = append(names, p.Name)
	}
	if diff := cmp.Diff([]string{"eth1", "eth2"}, names); diff != "" {
		t.Errorf("ports (-want +got):\n%s", diff)
	}
	if got := decode(t, offline.Snapshot); len(got.Ports) != 2 || got.Ports[0].Wire != 0 || got.Ports[1].Wire != 0 {
		t.Errorf("encoded ports %+v", got.Ports)
	}
}

func TestOfflineModeIsSynCookieWhereTheConfigurationLeavesItOpen(t *testing.T) {
	for _, text := range []string{oneWire, oneWire + wantCookie} {
		offline, err := CompileOffline(parse(t, text))
		if err != nil {
			t.Fatal(err)
		}
		if mode := decode(t, offline.Snapshot).Header.Mode; mode != uint8(dataplane.ModeSynCookie) {
			t.Errorf("mode %d", mode)
		}
	}
}

func TestOfflineRefusesWhatCheckRefuses(t *testing.T) {
	cfg := parse(t, oneWire+"set security flow syn-flood-protection-mode syn-proxy\n")
	_, err := CompileOffline(cfg)
	if want := Check(cfg); err == nil || err.Error() != want.Error() {
		t.Errorf("error %v, want %v", err, want)
	}
}
