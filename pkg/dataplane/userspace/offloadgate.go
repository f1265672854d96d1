package userspace

import (
	"fmt"
	"slices"

	"synscreen/pkg/config"
	"synscreen/pkg/dataplane"
)

// judgeOffload holds `offload driver` to what was proved of the ports that it is about, whatever the mode:
// it is there to be told when the driver cannot. auto does with what there is, engine needs nothing of it.
func (g *gate) judgeOffload() {
	if g.cfg.Flow.Offload != config.OffloadDriver {
		return
	}
	if g.proved == nil {
		g.undriven = append(g.undriven, g.ofOffload("the engine does not report what it proved",
			"look for its error in the daemon's log, then commit again"))
		return
	}
	for _, ifname := range driven(g.cfg) {
		port, ok := g.proved.Port(ifname)
		if !ok {
			unknown := dataplane.Proof{Reason: "the engine does not know the port"}
			port.Answer, port.Pass = unknown, unknown
		}
		g.needOfDriver(port, ifname, "answer", port.Answer)
		if g.cfg.InWire(ifname) {
			g.needOfDriver(port, ifname, "pass", port.Pass)
		}
	}
}

func (g *gate) needOfDriver(port dataplane.PortProof, ifname, name string, proof dataplane.Proof) {
	const otherwise = "set security flow syn-cookie offload auto"
	reason := fmt.Sprintf("driver needs %s on %s: %s", name, ifname, proof)
	switch {
	case proof.Answer == dataplane.Yes:
	case proof.Answer == dataplane.No:
		g.undriven = append(g.undriven, g.ofOffload(reason, otherwise))
	case port.Published && slices.Contains(g.running.driven, ifname):
		g.warnings = append(g.warnings, g.ofOffload(reason, "it did before and is kept; see to its link"))
	default:
		g.undriven = append(g.undriven,
			g.ofOffload(reason, "bring the link of "+ifname+" up, then commit again, or "+otherwise))
	}
}

func (g *gate) ofOffload(reason, remedy string) Refusal {
	return Refusal{Path: g.cfg.Flow.OffloadPath(), At: at(g.cfg.Flow.OffloadPos), Reason: reason, Remedy: remedy}
}

// driven are the ports of wires with a screen on either side: of other wires nobody answers anything, and
// their connections are not known; and host ports that send challenges. Sorted.
func driven(cfg *config.Config) []string {
	var ports []string
	for _, w := range cfg.Wires {
		if hasProfile(cfg, w.InterfaceA) || hasProfile(cfg, w.InterfaceB) {
			ports = append(ports, w.InterfaceA, w.InterfaceB)
		}
	}
	for _, h := range cfg.HostPorts() {
		if challenges(cfg, h.Zone) {
			ports = append(ports, h.Name)
		}
	}
	slices.Sort(ports)
	return ports
}

// challenges says whether host ports of a zone answer SYNs in a flood, when it is not only counted.
func challenges(cfg *config.Config, zone string) bool {
	if punts(cfg, zone) {
		return false
	}
	return slices.ContainsFunc(cfg.Zones, func(z config.Zone) bool {
		return z.Name == zone && slices.ContainsFunc(cfg.Screens, func(s config.Screen) bool {
			return s.Name == z.Screen && s.SynFlood != nil && !s.AlarmWithoutDrop
		})
	})
}

// hasProfile says whether the zone of an interface has a profile.
func hasProfile(cfg *config.Config, ifname string) bool {
	return slices.ContainsFunc(cfg.Zones, func(z config.Zone) bool {
		return z.Screen != "" && slices.ContainsFunc(z.Interfaces,
			func(i config.Interface) bool { return i.Name == ifname })
	})
}
