package userspace

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"synscreen/pkg/dataplane"
)

// worked is a port whose driver has done so much.
func worked(ifname, zone string, challenged, invalid, passed, overRate uint64) dataplane.PortStatus {
	return dataplane.PortStatus{Interface: ifname, Zone: zone, Shim: []dataplane.ShimCount{
		{Counter: "shim_challenged", Frames: challenged}, {Counter: "shim_cookie_invalid", Frames: invalid},
		{Counter: "shim_forwarded_flow", Frames: passed}, {Counter: "shim_reply_rate", Frames: overRate},
	}}
}

// sums are the statistics of a zone that drivers have a part in.
func sums(z dataplane.ZoneStatus) [4]uint64 {
	return [4]uint64{z.Challenged, z.CookiesInvalid, z.Refused, z.IDs[dataplane.ScreenSynFlood]}
}

// freshZones has the engine tell of two zones, of each anew: whoever adds to them adds to a copy.
func freshZones(engine *fakeEngine) {
	zone := func(name string) dataplane.ZoneStatus {
		ids := make([]uint64, dataplane.ScreenCount)
		ids[dataplane.ScreenSynFlood] = 4
		return dataplane.ZoneStatus{Name: name, Challenged: 1, CookiesInvalid: 2, Refused: 3, IDs: ids}
	}
	engine.zones = []dataplane.ZoneStatus{zone("trust"), zone("untrust")}
}

func TestStatisticsOfZonesHaveWhatDriversDid(t *testing.T) {
	manager, engine := newFixture(t)
	freshZones(engine)
	engine.ports = []dataplane.PortStatus{worked("eth1", "untrust", 100, 20, 7000, 3),
		worked("eth2", "trust", 0, 0, 7000, 0), worked("eth3", "untrust", 1000, 200, 0, 30)}
	status, err := manager.Status()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := sums(status.Zones[1]), [4]uint64{1101, 222, 3, 1137}; got != want {
		t.Errorf("untrust has %v, want %v", got, want)
	}
	if got, want := sums(status.Zones[0]), [4]uint64{1, 2, 3, 4}; got != want {
		t.Errorf("trust has %v, want %v", got, want)
	}
}

func TestClearedStatisticsCountWhatDriversDoFromThenOn(t *testing.T) {
	manager, engine := newFixture(t)
	read := func() map[string][4]uint64 {
		freshZones(engine)
		status, err := manager.Status()
		if err != nil {
			t.Fatal(err)
		}
		return map[string][4]uint64{"trust": sums(status.Zones[0]), "untrust": sums(status.Zones[1])}
	}
	want := func(when string, trust, untrust [4]uint64) {
		t.Helper()
		if diff := cmp.Diff(map[string][4]uint64{"trust": trust, "untrust": untrust}, read()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", when, diff)
		}
	}
	engine.ports = []dataplane.PortStatus{worked("eth1", "untrust", 100, 20, 0, 3),
		worked("eth2", "trust", 5, 6, 0, 7)}
	if err := manager.Clear("untrust"); err != nil {
		t.Fatal(err)
	}
	want("cleared", [4]uint64{6, 8, 3, 16}, [4]uint64{1, 2, 3, 4})
	engine.ports[0] = worked("eth1", "untrust", 110, 21, 0, 3)
	want("after more", [4]uint64{6, 8, 3, 16}, [4]uint64{11, 3, 3, 14})
	if err := manager.Clear(""); err != nil {
		t.Fatal(err)
	}
	want("cleared for all", [4]uint64{1, 2, 3, 4}, [4]uint64{1, 2, 3, 4})
	engine.ports[0] = worked("eth1", "untrust", 9, 0, 0, 0)
	want("attached anew", [4]uint64{1, 2, 3, 4}, [4]uint64{10, 2, 3, 13})
	engine.statusErr = errors.New("closed")
	if err := manager.Clear(""); err == nil || err.Error() != "read the engine's status: closed" {
		t.Errorf("error %v", err)
	}
}

func TestFloodsTellTheSameOfZonesAsTheStatus(t *testing.T) {
	manager, engine := newFixture(t)
	freshZones(engine)
	engine.ports = []dataplane.PortStatus{worked("eth1", "untrust", 100, 20, 0, 3)}
	floods, err := manager.Floods()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := sums(floods.Zones[1]), [4]uint64{101, 22, 3, 107}; got != want {
		t.Errorf("untrust has %v, want %v", got, want)
	}
}
