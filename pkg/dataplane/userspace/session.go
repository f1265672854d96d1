package userspace

import (
	"fmt"

	"synscreen/pkg/dataplane"
)

// Flows reads some flows from cursor on. Commits may come between two calls.
func (m *Manager) Flows(cursor uint64, limit int) ([]dataplane.FlowRow, uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	rows, next, err := m.engine.Flows(cursor, limit)
	if err != nil {
		return nil, next, fmt.Errorf("read the engine's flows: %w", err)
	}
	return rows, next, nil
}

// ClearFlows takes flows out of the table, and gives how many there were.
func (m *Manager) ClearFlows(filter dataplane.FlowFilter) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	count, err := m.engine.ClearFlows(filter)
	if err != nil {
		return 0, fmt.Errorf("clear the engine's flows: %w", err)
	}
	return count, nil
}

// Servers reads some known servers from cursor on.
func (m *Manager) Servers(cursor uint64, limit int) ([]dataplane.Server, uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	rows, next, err := m.engine.Servers(cursor, limit)
	if err != nil {
		return nil, next, fmt.Errorf("read the engine's servers: %w", err)
	}
	return rows, next, nil
}

// ClearServers forgets what was learned of servers, and gives of how many.
func (m *Manager) ClearServers() (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	count, err := m.engine.ClearServers()
	if err != nil {
		return 0, fmt.Errorf("clear the engine's servers: %w", err)
	}
	return count, nil
}
