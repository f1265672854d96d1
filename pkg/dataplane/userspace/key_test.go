package userspace

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"synscreen/pkg/dataplane"
)

func TestKeyChangeIsOneCallAndTellsTheKeysAfterIt(t *testing.T) {
	for want, change := range map[string]dataplane.KeyChange{
		"stage /etc/k": {Action: dataplane.StageKey, File: "/etc/k"},
		"activate":     {Action: dataplane.ActivateKey},
		"rotate":       {Action: dataplane.RotateKey},
	} {
		manager, engine := newFixture(t)
		engine.key = dataplane.KeyStatus{File: "/s/master.key", Active: "aa", Other: "bb",
			OtherKind: dataplane.OtherKeyRetired, OtherLeft: 131 * time.Second}
		keys, err := manager.ChangeKey(change)
		if err != nil || keys != engine.key {
			t.Errorf("%s: keys %+v, error %v", want, keys, err)
		}
		if diff := cmp.Diff([]string{want}, engine.calls); diff != "" {
			t.Errorf("calls (-want +got):\n%s", diff)
		}
	}
}

func TestKeyChangeThatIsRefusedSaysWhy(t *testing.T) {
	manager, engine := newFixture(t)
	engine.keyErr = &dataplane.EngineError{Code: dataplane.ErrorState, Object: "master key",
		Message: "none is staged: stage one first"}
	_, err := manager.ChangeKey(dataplane.KeyChange{Action: dataplane.ActivateKey})
	var engineErr *dataplane.EngineError
	want := "activate-key: master key: none is staged: stage one first"
	if err == nil || err.Error() != want || !errors.As(err, &engineErr) {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestKeyChangeOfAnEngineThatFallsSilentSaysThatItWasMade(t *testing.T) {
	manager, engine := newFixture(t)
	engine.statusErr = errors.New("closed")
	_, err := manager.ChangeKey(dataplane.KeyChange{Action: dataplane.RotateKey})
	want := "the master key was changed, but which are in use is not known: read the engine's status: closed"
	if err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestKeyChangeThatTheEngineDoesNotHaveIsRefused(t *testing.T) {
	manager, engine := newFixture(t)
	if _, err := manager.ChangeKey(dataplane.KeyChange{Action: 9}); err == nil || len(engine.calls) != 0 {
		t.Errorf("error %v, calls %v", err, engine.calls)
	}
}
