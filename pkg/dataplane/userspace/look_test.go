package userspace

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"synscreen/pkg/dataplane"
)

// fakeLook is what a fake engine has to show.
type fakeLook struct {
	destinations []dataplane.Destination
	sources      []dataplane.Source
	limit        int // of the last question for sources
	tap          *dataplane.TapFilter
	frames       []dataplane.TapFrame
	lost         uint64
	cleared      []string
	lookErr      error
}

func (f *fakeLook) Destinations() ([]dataplane.Destination, error) { return f.destinations, f.lookErr }

func (f *fakeLook) Sources(limit int) ([]dataplane.Source, error) {
	f.limit = limit
	return f.sources, f.lookErr
}

func (f *fakeLook) Tap(filter *dataplane.TapFilter) error {
	if f.lookErr != nil {
		return f.lookErr
	}
	f.tap = filter
	return nil
}

func (f *fakeLook) TapRead() ([]dataplane.TapFrame, uint64, error) {
	frames := f.frames
	f.frames = nil
	return frames, f.lost, f.lookErr
}

func (f *fakeLook) Clear(zone string) error {
	f.cleared = append(f.cleared, zone)
	return f.lookErr
}

func TestFloodsAreWhatTheEngineTells(t *testing.T) {
	manager, engine := newFixture(t)
	engine.destinations = []dataplane.Destination{{Zone: "a", SynRate: 7}}
	engine.sources = []dataplane.Source{{Zone: "a", SYNs: 8}}
	floods, err := manager.Floods()
	if err != nil || floods.Destinations[0].SynRate != 7 || floods.Sources[0].SYNs != 8 || engine.limit != 1024 {
		t.Errorf("%+v, limit %d, error %v", floods, engine.limit, err)
	}
	engine.lookErr = errors.New("no memory")
	if _, err := manager.Floods(); err == nil || err.Error() != "read the engine's destinations: no memory" {
		t.Errorf("error %v", err)
	}
}

func TestClearNamesTheZone(t *testing.T) {
	manager, engine := newFixture(t)
	if err := errors.Join(manager.Clear("untrust"), manager.Clear("")); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"untrust", ""}, engine.cleared); diff != "" {
		t.Error(diff)
	}
	engine.lookErr = errors.New("x: is no zone")
	if err := manager.Clear("x"); err == nil || err.Error() != "clear the statistics: x: is no zone" {
		t.Errorf("error %v", err)
	}
}

func TestASecondTapEndsTheFirst(t *testing.T) {
	manager, engine := newFixture(t)
	first, err := manager.Tap(dataplane.TapFilter{Interface: "eth1"})
	if err != nil {
		t.Fatal(err)
	}
	second, err := manager.Tap(dataplane.TapFilter{Interface: "eth2"})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := manager.TapRead(first); !errors.Is(err, ErrTapReplaced) {
		t.Errorf("read of the first: error %v", err)
	}
	if err := manager.TapEnd(first); err != nil || engine.tap == nil || engine.tap.Interface != "eth2" {
		t.Errorf("the end of the first: error %v, tap %v", err, engine.tap)
	}
	if _, _, err := manager.TapRead(second); err != nil {
		t.Errorf("read of the second: error %v", err)
	}
	if err := manager.TapEnd(second); err != nil || engine.tap != nil {
		t.Errorf("the end of the second: error %v, tap %v", err, engine.tap)
	}
	if _, _, err := manager.TapRead(second); !errors.Is(err, ErrTapReplaced) {
		t.Errorf("read after the end: error %v", err)
	}
}

func TestATapThatIsRefusedLeavesTheOneBefore(t *testing.T) {
	manager, engine := newFixture(t)
	first, err := manager.Tap(dataplane.TapFilter{Interface: "eth1"})
	if err != nil {
		t.Fatal(err)
	}
	engine.lookErr = errors.New("eth9: is no port of the engine")
	if _, err := manager.Tap(dataplane.TapFilter{Interface: "eth9"}); err == nil ||
		err.Error() != "look at frames: eth9: is no port of the engine" {
		t.Errorf("error %v", err)
	}
	engine.lookErr = nil
	if _, _, err := manager.TapRead(first); err != nil {
		t.Errorf("read of the first: error %v", err)
	}
}

func TestTappedFramesComeInTheOrderOfTheirTimes(t *testing.T) {
	manager, engine := newFixture(t)
	at := func(ns int64, side dataplane.TapSide, port string) dataplane.TapFrame {
		return dataplane.TapFrame{Time: time.Unix(0, ns), Side: side, Interface: port}
	}
	engine.frames = []dataplane.TapFrame{
		at(20, dataplane.TapOut, "b"), at(20, dataplane.TapIn, "a"), at(10, dataplane.TapOut, "b"),
	}
	engine.lost = 3
	id, err := manager.Tap(dataplane.TapFilter{})
	if err != nil {
		t.Fatal(err)
	}
	frames, lost, err := manager.TapRead(id)
	want := []dataplane.TapFrame{
		at(10, dataplane.TapOut, "b"), at(20, dataplane.TapIn, "a"), at(20, dataplane.TapOut, "b"),
	}
	if diff := cmp.Diff(want, frames); diff != "" || lost != 3 || err != nil {
		t.Errorf("lost %d, error %v, frames (-want +got):\n%s", lost, err, diff)
	}
}
