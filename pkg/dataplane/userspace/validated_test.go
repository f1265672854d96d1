package userspace

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"synscreen/pkg/dataplane"
)

func TestManagerHandsValidatedClientsOn(t *testing.T) {
	manager, engine := newFixture(t)
	engine.validated = []dataplane.ValidatedClient{{Zone: "untrust"}, {Zone: "dmz"}}
	rows, next, err := manager.Validated(7, 20)
	if err != nil || next != 8 || len(rows) != 2 || rows[1].Zone != "dmz" {
		t.Errorf("rows %v, next %d, error %v", rows, next, err)
	}
	for _, zone := range []string{"", "dmz"} {
		if err := manager.ClearValidated(zone); err != nil {
			t.Error(err)
		}
	}
	if diff := cmp.Diff([]string{"", "dmz"}, engine.forgotten); diff != "" {
		t.Errorf("forgotten (-want +got):\n%s", diff)
	}
	engine.sessionErr = errors.New("no engine")
	if _, _, err := manager.Validated(0, 1); !errors.Is(err, engine.sessionErr) {
		t.Errorf("read: %v", err)
	}
	if err := manager.ClearValidated("x"); !errors.Is(err, engine.sessionErr) {
		t.Errorf("clear: %v", err)
	}
}
