package userspace

import (
	"slices"
	"time"

	"synscreen/pkg/config"
	"synscreen/pkg/dataplane"
)

// Replay is an engine without interfaces, that frames are put through one by one. One goroutine at a
// time calls it.
type Replay interface {
	// Frame decides about a frame that came in by a port. Only differences of now count, which never
	// goes back.
	Frame(ifname string, now time.Duration, frame []byte) (dataplane.ReplayResult, error)
	// Output gives the next frame that left because of the last Frame; false at the end. Its data
	// is good until the next call.
	Output() (dataplane.ReplayOutput, bool, error)
	// Close ends the replay.
	Close()
}

// Offline is a configuration as a replay takes it.
type Offline struct {
	Snapshot []byte
	Ports    []OfflinePort // sorted by name
}

// OfflinePort is one port of such a configuration.
type OfflinePort struct {
	Name     string
	Peer     string // the other port of its wire
	Screened bool   // its zone has a screen
}

// CompileOffline compiles a configuration for a replay, in mode syn-cookie unless it says otherwise.
// The error is a RefusedError.
func CompileOffline(cfg *config.Config) (Offline, error) {
	s, refusals := compile(cfg)
	if refusals = append(refusals, refuseMode(cfg)...); len(refusals) > 0 {
		return Offline{}, &RefusedError{Refusals: refusals}
	}
	s.mode = dataplane.ModeSynCookie
	return Offline{Snapshot: encode(s, 1), Ports: s.offlinePorts()}, nil
}

func (s *snapshot) offlinePorts() []OfflinePort {
	ports := make([]OfflinePort, len(s.ports))
	for i, p := range s.ports {
		ends := s.wires[p.wire].ports
		peer := ends[1-slices.Index(ends[:], i)]
		ports[i] = OfflinePort{
			Name:     p.ifname,
			Peer:     s.ports[peer].ifname,
			Screened: p.zone != NoIndex && s.zones[p.zone].profile != NoIndex,
		}
	}
	return ports
}
