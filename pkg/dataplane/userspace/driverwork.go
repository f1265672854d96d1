package userspace

import (
	"fmt"

	"synscreen/pkg/dataplane"
)

// driverWork is what the drivers of ports had done when the statistics of their zones were last cleared,
// by interface. The engine counts its own work for zones, and clears it; what a driver counts is for good.
type driverWork map[string]dataplane.Work

// status reads the engine, with what the drivers have done in the statistics of zones.
func (m *Manager) status() (dataplane.Status, error) {
	status, err := m.engine.Status()
	if err != nil {
		return status, fmt.Errorf("read the engine's status: %w", err)
	}
	for _, p := range status.Ports {
		for i := range status.Zones {
			if status.Zones[i].Name == p.Zone {
				p.DriverWork().Since(m.cleared[p.Interface]).AddTo(&status.Zones[i])
			}
		}
	}
	return status, nil
}

// clearDriverWork counts from now on for a zone; empty: for all.
func (m *Manager) clearDriverWork(zone string) error {
	status, err := m.engine.Status()
	if err != nil {
		return fmt.Errorf("read the engine's status: %w", err)
	}
	for _, p := range status.Ports {
		if zone == "" || p.Zone == zone {
			m.cleared[p.Interface] = p.DriverWork()
		}
	}
	return nil
}
