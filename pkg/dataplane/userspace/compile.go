package userspace

import (
	"cmp"
	"fmt"
	"slices"

	"synscreen/pkg/config"
	"synscreen/pkg/dataplane"
)

// Check says whether the userspace dataplane could run a configuration at all: what it refuses here it
// refuses on every machine. It needs no engine. The error is a RefusedError.
func Check(cfg *config.Config) error {
	_, refusals := compile(cfg)
	refusals = append(refusals, refuseMode(cfg)...)
	if len(refusals) > 0 {
		return &RefusedError{Refusals: refusals}
	}
	return nil
}

// compile turns a configuration into a snapshot. It is pure, and its result depends on nothing but the
// configuration. The mode is the caller's to set, once it is known.
func compile(cfg *config.Config) (*snapshot, []Refusal) {
	c := compiler{cfg: cfg, zoneOf: map[string]int{}, portOf: map[string]int{}}
	c.profiles()
	c.zones()
	c.ports()
	c.wires()
	c.flow()
	c.cookie()
	c.serverProfiles()
	c.limits()
	if len(c.refusals) > 0 {
		return nil, c.refusals
	}
	return &c.out, nil
}

// compiler holds a snapshot in the making.
type compiler struct {
	cfg      *config.Config
	out      snapshot
	zoneOf   map[string]int // interface to position of its zone
	portOf   map[string]int // interface to position of its port
	refusals []Refusal
}

func (c *compiler) refuse(path string, pos config.Pos, remedy, reason string, args ...any) {
	c.refusals = append(c.refusals, Refusal{
		Path: path, At: at(pos), Reason: fmt.Sprintf(reason, args...), Remedy: remedy,
	})
}

// profiles takes the armed profiles that a zone names; others have no effect.
func (c *compiler) profiles() {
	used := map[string]bool{}
	for _, z := range c.cfg.Zones {
		used[z.Screen] = true
	}
	screens := slices.Clone(c.cfg.Screens)
	slices.SortFunc(screens, func(a, b config.Screen) int { return cmp.Compare(a.Name, b.Name) })
	for _, screen := range screens {
		if entry := newProfile(screen); entry.screens.Armed != 0 && used[screen.Name] {
			c.profile(screen, entry)
		}
	}
}

func (c *compiler) profile(screen config.Screen, entry profile) {
	entry.prefixFirst = len(c.out.prefixes)
	if screen.SynFlood != nil {
		c.whiteLists(screen)
	}
	entry.prefixCount = len(c.out.prefixes) - entry.prefixFirst
	if entry.prefixCount > WhiteListMax {
		c.refuse(screen.SynFloodPath()+" white-list", screen.SynFlood.Pos, "join neighbouring prefixes",
			"%d prefixes are more than the %d that one profile may have", entry.prefixCount, WhiteListMax)
	}
	c.out.profiles = append(c.out.profiles, entry)
}

func (c *compiler) whiteLists(screen config.Screen) {
	lists := slices.Clone(screen.SynFlood.WhiteLists)
	slices.SortFunc(lists, func(a, b config.WhiteList) int { return cmp.Compare(a.Name, b.Name) })
	for i, list := range lists {
		c.whiteList(screen, list, i)
	}
	if len(lists) > ListsMax {
		c.refuse(screen.SynFloodPath()+" white-list", screen.SynFlood.Pos, "join some",
			"%d lists are more than the %d that one profile may have", len(lists), ListsMax)
	}
}

func (c *compiler) whiteList(screen config.Screen, list config.WhiteList, position int) {
	if len(list.Source)+len(list.Destination) == 0 {
		c.refuse(screen.WhiteListPath(list.Name), list.Pos,
			"add a source-address or a destination-address, or remove the list",
			"the list has no prefix, so that it would exempt every SYN")
	}
	for _, p := range list.Source {
		c.out.prefixes = append(c.out.prefixes, prefix{prefix: p, kind: PrefixSource, list: position})
	}
	for _, p := range list.Destination {
		c.out.prefixes = append(c.out.prefixes, prefix{prefix: p, kind: PrefixDestination, list: position})
	}
}

func (c *compiler) zones() {
	zones := slices.Clone(c.cfg.Zones)
	slices.SortFunc(zones, func(a, b config.Zone) int { return cmp.Compare(a.Name, b.Name) })
	for i, z := range zones {
		c.out.zones = append(c.out.zones, zone{
			name: z.Name, profile: c.profileIndex(z.Screen),
			admission: dataplane.Admission(c.cfg.Flow.ZoneAdmission(z.Name)),
		})
		for _, ifc := range z.Interfaces {
			c.zoneOf[ifc.Name] = i
		}
	}
}

func (c *compiler) profileIndex(name string) int {
	i := slices.IndexFunc(c.out.profiles, func(p profile) bool { return p.name == name })
	if i < 0 {
		return NoIndex
	}
	return i
}

// ports makes a port of each interface that a wire or a zone names.
func (c *compiler) ports() {
	var names []string
	for _, host := range c.cfg.HostPorts() {
		names = append(names, host.Name)
	}
	for _, w := range c.cfg.Wires {
		names = append(names, w.InterfaceA, w.InterfaceB)
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if len(name) >= InterfaceSize {
			c.refuse("", config.Pos{}, "", "interface %s: longer than %d characters", name, InterfaceSize-1)
		}
		c.portOf[name] = len(c.out.ports)
		c.out.ports = append(c.out.ports, port{ifname: name, zone: c.zoneIndex(name), wire: NoIndex})
	}
}

func (c *compiler) zoneIndex(ifname string) int {
	if i, ok := c.zoneOf[ifname]; ok {
		return i
	}
	return NoIndex
}

func (c *compiler) wires() {
	wires := slices.Clone(c.cfg.Wires)
	slices.SortFunc(wires, func(a, b config.Wire) int { return cmp.Compare(a.Name, b.Name) })
	for i, w := range wires {
		ends := [2]int{c.portOf[w.InterfaceA], c.portOf[w.InterfaceB]}
		for _, end := range ends {
			c.out.ports[end].wire = i
		}
		c.out.wires = append(c.out.wires, wire{name: w.Name, ports: ends, onFailure: onFailure(w.OnFailure)})
	}
}

func onFailure(mode config.FailMode) dataplane.OnFailure {
	if mode == config.FailClosed {
		return dataplane.FailClosed
	}
	return dataplane.FailOpen
}

func (c *compiler) flow() {
	c.out.noSynCheck = c.cfg.Flow.NoSynCheck
	c.out.timeWaitS = c.cfg.Flow.TimeWaitSeconds
	c.out.initialTimeoutS = c.cfg.Flow.InitialTimeoutSeconds
	c.out.inactivityTimeoutS = c.cfg.Flow.InactivityTimeoutSeconds
	c.out.halfClose = c.cfg.Flow.HalfClose
}

// cookie takes the settings of SYN cookies. The configuration's own bounds are the engine's; one that
// was not made from a text is refused here.
func (c *compiler) cookie() {
	flow := c.cfg.Flow
	c.out.activation = flow.Activation
	c.out.offload = flow.Offload
	c.out.passiveS, c.out.floodS = flow.PassiveSeconds, flow.FloodSeconds
	c.out.epochSkewS = flow.EpochSkewSeconds
	c.out.admission = dataplane.Admission(flow.WireAdmission())
	c.out.hostAdmission = dataplane.Admission(flow.HostAdmission())
	c.out.validatedS = flow.ValidatedSeconds
	c.out.replyRate = flow.ReplyRate
	c.out.replyPrefixRate = flow.ReplyPrefixRate
	c.out.keyFile = flow.KeyFile
	if flow.EpochSkewSeconds < 0 || flow.EpochSkewSeconds > SkewMax {
		c.refuse(flow.Path(), config.Pos{}, "", "an epoch-skew of %d seconds is not from 0 to %d",
			flow.EpochSkewSeconds, SkewMax)
	}
	if len(flow.KeyFile) >= PathSize {
		c.refuse(flow.KeyFilePath(), flow.KeyFilePos, "move the file",
			"a path of %d bytes is longer than %d", len(flow.KeyFile), PathSize-1)
	}
}

// limits refuses what would not fit into the engine's fixed memory.
func (c *compiler) limits() {
	for _, limit := range []struct {
		path string
		what string
		got  int
		max  int
	}{
		{"security zones", "zones", len(c.out.zones), ZonesMax},
		{"security zones", "interfaces", len(c.out.ports), PortsMax},
		{"security forwarding-options", "secure-wires", len(c.out.wires), WiresMax},
		{"security screen", "profiles", len(c.out.profiles), ProfilesMax},
		{"security screen", "white-list prefixes", len(c.out.prefixes), PrefixesMax},
		{c.cfg.Flow.ServerProfilesPath(), "server profiles", len(c.out.servers), ServersMax},
	} {
		if limit.got > limit.max {
			c.refuse(limit.path, config.Pos{}, "remove some", "%d %s are more than the %d that one engine has",
				limit.got, limit.what, limit.max)
		}
	}
}
