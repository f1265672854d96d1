package userspace

import (
	"fmt"

	"synscreen/pkg/dataplane"
)

// Validated reads some validated clients from cursor on.
func (m *Manager) Validated(cursor uint64, limit int) ([]dataplane.ValidatedClient, uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	rows, next, err := m.engine.Validated(cursor, limit)
	if err != nil {
		return nil, next, fmt.Errorf("read the engine's validated clients: %w", err)
	}
	return rows, next, nil
}

// ClearValidated forgets the validated clients of a zone; empty: of all.
func (m *Manager) ClearValidated(zone string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.engine.ClearValidated(zone); err != nil {
		return fmt.Errorf("clear the engine's validated clients: %w", err)
	}
	return nil
}
