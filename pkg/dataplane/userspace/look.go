package userspace

import (
	"fmt"

	"synscreen/pkg/dataplane"
)

// sourcesMax is how many source prefixes are read: those of a flood are many, its largest are looked for.
const sourcesMax = 1024

// Floods is one reading of what floods.
type Floods struct {
	Zones        []dataplane.ZoneStatus  `json:"zones"`        // sorted by name
	Destinations []dataplane.Destination `json:"destinations"` // the highest rate first
	Sources      []dataplane.Source      `json:"sources"`      // the most SYNs first
	Hosts        []dataplane.HostPort    `json:"hosts"`        // sorted by interface
}

// Floods reads which zones and destinations flood, and from where.
func (m *Manager) Floods() (Floods, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	status, err := m.engine.Status()
	if err != nil {
		return Floods{}, fmt.Errorf("read the engine's status: %w", err)
	}
	destinations, err := m.engine.Destinations()
	if err != nil {
		return Floods{}, fmt.Errorf("read the engine's destinations: %w", err)
	}
	sources, err := m.engine.Sources(sourcesMax)
	if err != nil {
		return Floods{}, fmt.Errorf("read the engine's sources: %w", err)
	}
	return Floods{Zones: status.Zones, Destinations: destinations, Sources: sources,
		Hosts: dataplane.HostPorts(status.Ports)}, nil
}

// Clear sets the statistics of a zone to zero; empty: of all.
func (m *Manager) Clear(zone string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.engine.Clear(zone); err != nil {
		return fmt.Errorf("clear the statistics: %w", err)
	}
	return nil
}
