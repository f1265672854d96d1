package userspace

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"synscreen/pkg/config"
	"synscreen/pkg/dataplane"
)

// Admission is how a configuration may run.
type Admission struct {
	Mode     dataplane.Mode
	Warnings []Refusal
	// Degraded says that syn-cookie was the default and could not be had: worth another try later.
	Degraded bool
}

// deriveUserspaceCapabilities decides, from what the engine proved, whether a configuration may run and
// in which mode. proved is nil when the engine could not be asked. What runs says which ports answer
// already: a proof that "could not tell" is no reason to stop those.
func deriveUserspaceCapabilities(cfg *config.Config, proved *dataplane.Capabilities,
	running Running) (Admission, []Refusal) {
	if refusals := refuseMode(cfg); len(refusals) > 0 {
		return Admission{}, refusals
	}
	g := gate{cfg: cfg, proved: proved, running: running}
	g.judge()
	g.judgeOffload()
	switch {
	case cfg.Flow.ProtectionMode == config.ModeSynCookie && len(g.refusals) > 0:
		return Admission{}, append(g.refusals, g.undriven...)
	case len(g.undriven) > 0:
		return Admission{}, g.undriven
	case len(g.refusals) == 0:
		return Admission{Mode: dataplane.ModeSynCookie, Warnings: g.warnings}, nil
	default:
		return Admission{Mode: dataplane.ModeDrop, Warnings: g.degraded(), Degraded: true}, nil
	}
}

// refuseMode refuses what no userspace engine does.
func refuseMode(cfg *config.Config) []Refusal {
	if cfg.Flow.ProtectionMode != config.ModeSynProxy {
		return nil
	}
	return []Refusal{{
		Path:   cfg.Flow.ProtectionModePath(),
		At:     at(cfg.Flow.ProtectionModePos),
		Reason: "syn-proxy is not available: the userspace dataplane keeps no half-open proxy state",
		Remedy: "use syn-cookie",
	}}
}

// gate collects what stands against syn-cookie, and against `offload driver`.
type gate struct {
	cfg      *config.Config
	proved   *dataplane.Capabilities
	running  Running
	refusals []Refusal
	undriven []Refusal
	warnings []Refusal
}

func (g *gate) judge() {
	if g.proved == nil {
		g.refuse("the engine does not report what it proved",
			"look for its error in the daemon's log, then commit again")
		return
	}
	const broken = "do not use this libsynscreen.so on this machine; install one that passes"
	challenges := !onlyPunts(g.cfg)
	for _, need := range []struct {
		name, remedy string
		proof        dataplane.Proof
		needed       bool
	}{
		{"mint", broken, g.proved.Mint, challenges},
		{"validate", broken, g.proved.Validate, challenges},
		{"splice", broken, g.proved.Splice, splices(g.cfg)},
		{"keyset", "see that the clock runs and that the state directory can be written, " +
			"then commit again", g.proved.Keyset, challenges},
	} {
		if need.needed && need.proof.Answer != dataplane.Yes {
			g.refuse(fmt.Sprintf("syn-cookie needs %s: %s", need.name, need.proof), need.remedy)
		}
	}
	g.judgeHostZones()
	for _, need := range answerers(g.cfg) {
		g.judgePort(need)
	}
	for _, z := range g.cfg.Zones {
		if armed(g.cfg, z.Screen) {
			g.judgeZone(z)
		}
	}
}

// judgeZone refuses to splice the connections of a zone of which only one direction comes by.
func (g *gate) judgeZone(z config.Zone) {
	zone, ok := g.proved.Zone(z.Name)
	if !ok || zone.Splice.Answer != dataplane.No || !hasWire(g.cfg, z) ||
		g.cfg.Flow.ZoneWireAdmission(z.Name) != config.AdmissionSplice {
		return
	}
	g.refusals = append(g.refusals, Refusal{
		Path:   z.Path(),
		At:     at(z.Pos),
		Reason: "admission splice needs both directions of a connection: " + zone.Splice.Reason,
		Remedy: fmt.Sprintf("set security flow syn-cookie zone %s admission safe-reset, or reset, or lead "+
			"the servers' answers through the wire", z.Name),
	})
}

func (g *gate) refuse(reason, remedy string) {
	g.refusals = append(g.refusals, Refusal{
		Path: g.cfg.Flow.ProtectionModePath(), At: at(g.cfg.Flow.ProtectionModePos),
		Reason: reason, Remedy: remedy,
	})
}

func (g *gate) judgePort(need answerer) {
	port, ok := g.proved.Port(need.ifname)
	proof := port.Transmit
	if !ok {
		proof = dataplane.Proof{Reason: "the engine does not know the port"}
	}
	refusal := Refusal{
		Path:   need.path,
		At:     at(need.pos),
		Reason: fmt.Sprintf("syn-cookie needs tx on %s: %s", need.ifname, proof),
		Remedy: "bring the link of " + need.ifname + " up, then commit again",
	}
	switch {
	case proof.Answer == dataplane.Yes:
	case proof.Answer == dataplane.No:
		refusal.Remedy = "see that " + need.ifname + " is there and can send, then commit again"
		g.refusals = append(g.refusals, refusal)
	case port.Published && slices.Contains(g.running.answering, need.ifname):
		refusal.Remedy = "it answered before and is kept; see to its link"
		g.warnings = append(g.warnings, refusal)
	default:
		g.refusals = append(g.refusals, refusal)
	}
}

// degraded are the warnings of a configuration that leaves the mode to the gate and gets less.
func (g *gate) degraded() []Refusal {
	if len(answerers(g.cfg)) == 0 {
		return nil
	}
	summary := Refusal{
		Path: g.cfg.Flow.ProtectionModePath(),
		Reason: "not set, and syn-cookie is not proved here: " +
			"SYNs above attack-threshold are dropped, good ones among them",
		Remedy: "mend what the next lines name",
	}
	return append([]Refusal{summary}, g.refusals...)
}

// answerer is a port that must be able to send for syn-cookie to work.
type answerer struct {
	ifname string
	path   string
	pos    config.Pos
}

// answerers are the ports of zones with a SYN-flood screen, which send the challenges, and the other
// ends of their wires, which send the SYNs of splices; sorted by interface. Host ports whose SYNs the
// kernel answers send nothing.
func answerers(cfg *config.Config) []answerer {
	needs := map[string]answerer{}
	for _, z := range cfg.Zones {
		if !armed(cfg, z.Screen) {
			continue
		}
		for _, ifc := range z.Interfaces {
			if !cfg.InWire(ifc.Name) && punts(cfg, z.Name) {
				continue
			}
			needs[ifc.Name] = answerer{ifname: ifc.Name, path: z.InterfacePath(ifc.Name), pos: ifc.Pos}
		}
	}
	for _, w := range cfg.Wires {
		for _, ends := range [][2]string{{w.InterfaceA, w.InterfaceB}, {w.InterfaceB, w.InterfaceA}} {
			_, answers := needs[ends[0]]
			if _, known := needs[ends[1]]; answers && !known {
				needs[ends[1]] = answerer{ifname: ends[1], path: w.InterfacePath(), pos: w.Pos}
			}
		}
	}
	return slices.SortedFunc(maps.Values(needs), func(a, b answerer) int {
		return cmp.Compare(a.ifname, b.ifname)
	})
}

// armed says whether the profile of that name has a SYN-flood screen.
func armed(cfg *config.Config, name string) bool {
	return slices.ContainsFunc(cfg.Screens, func(s config.Screen) bool {
		return s.Name == name && s.SynFlood != nil
	})
}
