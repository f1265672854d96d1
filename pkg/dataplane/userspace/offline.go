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
	Hosts    []string      // host ports, which the replay does not have
}

// OfflinePort is one port of such a configuration.
type OfflinePort struct {
	Name     string
	Peer     string // the other port of its wire
	Screened bool   // its zone has a screen
}

// CompileOffline compiles the wires of a configuration for a replay, in mode syn-cookie unless it says
// otherwise. What becomes of a SYN on a host port is for this machine's listeners to say, which a replay
// does not have. The error is a RefusedError.
func CompileOffline(cfg *config.Config) (Offline, error) {
	wires, hosts := withoutHostPorts(cfg)
	s, refusals := compile(wires)
	if refusals = append(refusals, refuseMode(cfg)...); len(refusals) > 0 {
		return Offline{}, &RefusedError{Refusals: refusals}
	}
	s.mode = dataplane.ModeSynCookie
	return Offline{Snapshot: encode(s, 1), Ports: s.offlinePorts(), Hosts: hosts}, nil
}

// withoutHostPorts gives a configuration that has none, and their names. Admissions of host ports alone fit
// no port of the rest.
func withoutHostPorts(cfg *config.Config) (*config.Config, []string) {
	out := *cfg
	out.Zones = slices.Clone(cfg.Zones)
	for i := range out.Zones {
		out.Zones[i].Interfaces = slices.DeleteFunc(slices.Clone(out.Zones[i].Interfaces),
			func(ifc config.Interface) bool { return !cfg.InWire(ifc.Name) })
	}
	var hosts []string
	for _, host := range cfg.HostPorts() {
		hosts = append(hosts, host.Name)
	}
	return &out, hosts
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
