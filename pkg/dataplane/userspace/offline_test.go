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
