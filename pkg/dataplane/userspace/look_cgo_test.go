//go:build cgo

package userspace

import (
	"net/netip"
	"testing"

	"synscreen/pkg/dataplane"
)

func TestTheEngineTellsOfNoFloodsAndClearsKnownZones(t *testing.T) {
	b := newKeyBench(t)
	if err := b.commit("set security screen ids-option web tcp syn-flood",
		"set security zones security-zone untrust screen web"); err != nil {
		t.Fatal(err)
	}
	floods, err := b.manager.Floods()
	if err != nil || len(floods.Destinations) != 0 || len(floods.Sources) != 0 {
		t.Errorf("%+v, error %v", floods, err)
	}
	if len(floods.Zones) != 1 || len(floods.Zones[0].IDs) != int(dataplane.ScreenCount) {
		t.Errorf("zones %+v", floods.Zones)
	}
	for zone, want := range map[string]string{
		"": "", "untrust": "", "dmz": "clear the statistics: dmz: is no zone",
	} {
		got := ""
		if err := b.manager.Clear(zone); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("clear %q: %q, want %q", zone, got, want)
		}
	}
}

func TestTheEngineRefusesATapOfWhatIsNoPort(t *testing.T) {
	b := newKeyBench(t)
	tuple := [2]netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:1"), netip.MustParseAddrPort("192.0.2.2:2")}
	_, err := b.manager.Tap(dataplane.TapFilter{Interface: "eth9", SnapLength: 64, Tuple: &tuple})
	if err == nil || err.Error() != "look at frames: eth9: is no port of the engine" {
		t.Errorf("error %v", err)
	}
}
