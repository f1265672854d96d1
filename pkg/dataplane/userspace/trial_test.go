package userspace

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"synscreen/pkg/dataplane"
)

func TestCheckStagesProvesAndDrops(t *testing.T) {
	manager, engine := newFixture(t)
	if _, err := manager.Commit("a.conf", parse(t, screenedZone)); err != nil {
		t.Fatal(err)
	}
	before := manager.Running()
	engine.calls = nil
	would, err := manager.Check("b.conf", parse(t, screenedZone+wantCookie))
	if err != nil || would.Source != "b.conf" || would.Generation != 2 || would.Mode != dataplane.ModeSynCookie {
		t.Errorf("would run %+v, error %v", would, err)
	}
	if diff := cmp.Diff([]string{"prepare", "drop"}, engine.calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if after := manager.Running(); after.Source != before.Source || after.Generation != before.Generation {
		t.Errorf("running %+v after %+v", after, before)
	}
}

func TestCheckTellsWhatWouldBeDegraded(t *testing.T) {
	manager, engine := newFixture(t)
	engine.caps.Mint = no("broken")
	would, err := manager.Check("a.conf", parse(t, screenedZone))
	if err != nil || !would.Degraded || would.Mode != dataplane.ModeDrop || len(would.Warnings) == 0 {
		t.Errorf("would run %+v, error %v", would, err)
	}
	if diff := cmp.Diff([]string{"prepare", "drop", "prepare", "drop"}, engine.calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if manager.Running().Generation != 0 {
		t.Errorf("running %+v", manager.Running())
	}
}

func TestCheckThatIsRefusedIsNoRejectedCommit(t *testing.T) {
	manager, engine := newFixture(t)
	engine.caps.Mint = no("broken")
	for _, text := range []string{
		screenedZone + wantCookie,
		screenedZone + "set security flow syn-flood-protection-mode syn-proxy\n",
	} {
		if _, err := manager.Check("a.conf", parse(t, text)); err == nil {
			t.Errorf("taken:\n%s", text)
		}
	}
	if _, _, last, err := manager.Capabilities(); err != nil || last != nil {
		t.Errorf("last refusal %+v, error %v", last, err)
	}
	if engine.staged != nil {
		t.Error("something is staged")
	}
}
