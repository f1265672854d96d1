package config

import "net/netip"

// compile reads the typed configuration out of a tree and checks that its statements fit together.
func compile(t *Tree, found *collector) *Config {
	root := view{t.root.stmt, t.root}
	c := &checker{tree: t, found: found}
	system, security := root.down("system"), root.down("security")
	config := &Config{
		HostName:      system.down("host-name").text(),
		DataplaneType: system.down("dataplane-type").text(),
		DataplanePos:  system.down("dataplane-type").pos(),
		Flow:          compileFlow(security.down("flow")),
		Tree:          t,
	}
	for _, v := range security.down("zones").all("security-zone") {
		config.Zones = append(config.Zones, compileZone(v))
	}
	for _, v := range security.down("screen").all("ids-option") {
		config.Screens = append(config.Screens, c.screen(v))
	}
	for _, v := range security.down("forwarding-options").all("secure-wire") {
		config.Wires = append(config.Wires, c.wire(v))
	}
	c.check(config)
	return config
}

func compileFlow(v view) Flow {
	mode, cookie, session := v.down("syn-flood-protection-mode"), v.down("syn-cookie"), v.down("tcp-session")
	activation, keyFile := cookie.down("activation"), cookie.down("key-file")
	f := Flow{
		ProtectionModePos:     mode.pos(),
		ActivationPos:         activation.pos(),
		EpochSkewSeconds:      cookie.down("epoch-skew").number(),
		KeyFile:               keyFile.text(),
		KeyFilePos:            keyFile.pos(),
		NoSynCheck:            session.down("no-syn-check").present(),
		TimeWaitSeconds:       session.down("time-wait-state", "session-timeout").number(),
		InitialTimeoutSeconds: session.down("tcp-initial-timeout").number(),
	}
	switch mode.text() {
	case ModeSynCookie.String():
		f.ProtectionMode = ModeSynCookie
	case ModeSynProxy.String():
		f.ProtectionMode = ModeSynProxy
	}
	if activation.text() == ActivationAlways.String() {
		f.Activation = ActivationAlways
	}
	return f
}

func compileZone(v view) Zone {
	z := Zone{
		Name:      v.text(),
		Pos:       v.pos(),
		Screen:    v.down("screen").text(),
		ScreenPos: v.down("screen").pos(),
	}
	for _, n := range v.down("interfaces").values() {
		z.Interfaces = append(z.Interfaces, Interface{Name: n.value.key, Pos: n.pos})
	}
	return z
}

func (c *checker) screen(v view) Screen {
	s := Screen{Name: v.text(), Pos: v.pos(), Description: v.down("description").text()}
	if flood := v.down("tcp", "syn-flood"); flood.present() {
		s.SynFlood = c.synFlood(flood)
	}
	return s
}

func (c *checker) synFlood(v view) *SynFlood {
	f := &SynFlood{
		Pos:                  v.pos(),
		AlarmThreshold:       v.down("alarm-threshold").number(),
		AttackThreshold:      v.down("attack-threshold").number(),
		SourceThreshold:      v.down("source-threshold").number(),
		DestinationThreshold: v.down("destination-threshold").number(),
		TimeoutSeconds:       v.down("timeout").number(),
		QueueSize:            v.down("queue-size").number(),
	}
	for _, list := range v.all("white-list") {
		f.WhiteLists = append(f.WhiteLists, c.whiteList(list))
	}
	c.whiteListSize(v)
	return f
}

func (c *checker) whiteList(v view) WhiteList {
	source, destination := v.down("source-address"), v.down("destination-address")
	w := WhiteList{
		Name:        v.text(),
		Pos:         v.pos(),
		Source:      prefixes(source),
		Destination: prefixes(destination),
	}
	// Nothing listed means any, so that an empty white-list would turn the screen off.
	unread := v.node.anyDoubtful("source-address", "destination-address")
	if len(w.Source)+len(w.Destination) == 0 && !unread {
		c.fail(v.pos(), v.node.path(), "the white-list names no address",
			"add source-address or destination-address to it, or remove it")
	}
	return w
}

func prefixes(v view) []netip.Prefix {
	var out []netip.Prefix
	for _, n := range v.values() {
		out = append(out, n.value.prefix)
	}
	return out
}

func (c *checker) wire(v view) Wire {
	failure := v.down("on-failure")
	w := Wire{Name: v.text(), Pos: v.pos(), OnFailurePos: failure.pos()}
	if failure.text() == FailClosed.String() {
		w.OnFailure = FailClosed
	}
	ends := v.down("interface").values()
	if len(ends) == 2 {
		w.InterfaceA, w.PosA = ends[0].value.key, ends[0].pos
		w.InterfaceB, w.PosB = ends[1].value.key, ends[1].pos
	}
	c.wireEnds(v, w, ends)
	return w
}
