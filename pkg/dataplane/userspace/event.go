package userspace

import (
	"fmt"

	"synscreen/pkg/dataplane"
)

// Events takes up to limit events of the engine, the oldest first, and how many it had no room for since
// the last call.
func (m *Manager) Events(limit int) ([]dataplane.Event, uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	events, lost, err := m.engine.Events(limit)
	if err != nil {
		return nil, lost, fmt.Errorf("read the engine's events: %w", err)
	}
	return events, lost, nil
}
