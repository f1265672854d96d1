package userspace

import (
	"errors"
	"fmt"
	"slices"

	"synscreen/pkg/dataplane"
)

// ErrTapReplaced says that somebody else looks at frames now.
var ErrTapReplaced = errors.New("another look at frames has begun, and there is one at a time")

// TapID is one look at frames.
type TapID uint64

// tapping is who looks at frames.
type tapping struct {
	last TapID // given out
	held TapID // of the tap that is on; 0: none
}

// Tap copies frames from now on. The look before, if there is one, is over.
func (m *Manager) Tap(filter dataplane.TapFilter) (TapID, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.engine.Tap(&filter); err != nil {
		return 0, fmt.Errorf("look at frames: %w", err)
	}
	m.tap.last++
	m.tap.held = m.tap.last
	return m.tap.held, nil
}

// TapRead takes frames that were copied, in order, and says how many were lost. No frames: no more for
// now. It gives ErrTapReplaced when the look is over because of another.
func (m *Manager) TapRead(id TapID) ([]dataplane.TapFrame, uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if id != m.tap.held {
		return nil, 0, ErrTapReplaced
	}
	frames, lost, err := m.engine.TapRead()
	if err != nil {
		return nil, 0, fmt.Errorf("read copied frames: %w", err)
	}
	slices.SortStableFunc(frames, earlier)
	return frames, lost, nil
}

// TapEnd takes the tap off, unless another look has begun.
func (m *Manager) TapEnd(id TapID) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if id != m.tap.held {
		return nil
	}
	m.tap.held = 0
	if err := m.engine.Tap(nil); err != nil {
		return fmt.Errorf("end the look at frames: %w", err)
	}
	return nil
}

// earlier puts frames in the order of their times: the engine tells of a frame that came in only when
// it knows what became of it.
func earlier(a, b dataplane.TapFrame) int {
	if order := a.Time.Compare(b.Time); order != 0 {
		return order
	}
	return int(a.Side) - int(b.Side)
}
