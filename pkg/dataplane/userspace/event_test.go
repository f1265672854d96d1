package userspace

import (
	"errors"
	"testing"
	"time"

	"synscreen/pkg/dataplane"
)

// eventful is a fake engine with something to log.
type eventful struct {
	*fakeEngine
	limit  int
	events []dataplane.Event
	lost   uint64
	err    error
}

func (e *eventful) Events(limit int) ([]dataplane.Event, uint64, error) {
	e.limit = limit
	return e.events, e.lost, e.err
}

func TestManagerHandsTheEnginesEventsOn(t *testing.T) {
	engine := &eventful{fakeEngine: &fakeEngine{t: t}, lost: 3,
		events: []dataplane.Event{{Kind: dataplane.EventAlarm, Count: 7}}}
	events, lost, err := NewManager(engine, time.Now).Events(9)
	if err != nil || lost != 3 || len(events) != 1 || events[0].Count != 7 || engine.limit != 9 {
		t.Errorf("%v, %d lost, error %v, limit %d", events, lost, err, engine.limit)
	}
	engine.err = errors.New("closed")
	if _, _, err := NewManager(engine, time.Now).Events(9); err == nil ||
		err.Error() != "read the engine's events: closed" {
		t.Errorf("error %v", err)
	}
}
