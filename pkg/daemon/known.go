package daemon

import (
	"fmt"
	"slices"

	"synscreen/pkg/dataplane"
)

// knowsWire refuses a wire that there is none of, which could only select nothing; empty: all.
func (b *backend) knowsWire(what, name string) error {
	return b.knows(what, "wire", name, func(status dataplane.Status) (names []string) {
		for _, wire := range status.Wires {
			names = append(names, wire.Name)
		}
		return names
	})
}

// knowsZone refuses a zone that there is none of; empty: all.
func (b *backend) knowsZone(what, name string) error {
	return b.knows(what, "zone", name, func(status dataplane.Status) (names []string) {
		for _, zone := range status.Zones {
			names = append(names, zone.Name)
		}
		return names
	})
}

// knowsPort refuses an interface that is no port; empty: all, of which there are some if anything runs.
func (b *backend) knowsPort(what, name string) error {
	if name == "" && b.dataplane.Running().Generation == 0 {
		return errNothingRuns
	}
	return b.knows(what, "port", name, func(status dataplane.Status) (names []string) {
		for _, port := range status.Ports {
			names = append(names, port.Interface)
		}
		return names
	})
}

func (b *backend) knows(what, kind, name string, list func(dataplane.Status) []string) error {
	if name == "" {
		return nil
	}
	status, err := b.dataplane.Status()
	switch {
	case err != nil:
		return err
	case status.Generation == 0:
		return errNothingRuns
	}
	names := list(status)
	if slices.Contains(names, name) {
		return nil
	}
	return fmt.Errorf("%s of %s %s: no such %[2]s; the %[2]ss are %[4]v", what, kind, name, names)
}
