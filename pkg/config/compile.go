package config

// compile reads the typed configuration out of a tree and checks that its statements fit together.
func compile(t *Tree, found *collector) *Config {
	root := view{t.root.stmt, t.root}
	c := &checker{tree: t, found: found}
	system, security := root.down("system"), root.down("security")
	config := &Config{
		HostName:      system.down("host-name").text(),
		DataplaneType: system.down("dataplane-type").text(),
		DataplanePos:  system.down("dataplane-type").pos(),
		Flow:          c.flow(security.down("flow")),
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

func (c *checker) flow(v view) Flow {
	mode, cookie, session := v.down("syn-flood-protection-mode"), v.down("syn-cookie"), v.down("tcp-session")
	activation, keyFile := cookie.down("activation"), cookie.down("key-file")
	f := Flow{
		ProtectionModePos:        mode.pos(),
		ActivationPos:            activation.pos(),
		OffloadPos:               cookie.down("offload").pos(),
		PassiveSeconds:           cookie.down("passive-timer").number(),
		FloodSeconds:             cookie.down("flood-timer").number(),
		Admission:                admissionOf(cookie),
		AdmissionPos:             cookie.down("admission").pos(),
		Zones:                    zoneAdmissions(cookie),
		ValidatedSeconds:         cookie.down("validated-timeout").number(),
		ReplyRate:                cookie.down("reply-rate").numberIfSet(),
		ReplyPrefixRate:          cookie.down("reply-prefix-rate").numberIfSet(),
		EpochSkewSeconds:         cookie.down("epoch-skew").number(),
		KeyFile:                  keyFile.text(),
		KeyFilePos:               keyFile.pos(),
		ServerProfiles:           c.serverProfiles(cookie),
		NoSynCheck:               session.down("no-syn-check").present(),
		TimeWaitSeconds:          session.down("time-wait-state", "session-timeout").number(),
		HalfClose:                session.down("time-wait-state", "apply-to-half-close-state").present(),
		InitialTimeoutSeconds:    session.down("tcp-initial-timeout").number(),
		InactivityTimeoutSeconds: session.down("inactivity-timeout").number(),
	}
	switch mode.text() {
	case ModeSynCookie.String():
		f.ProtectionMode = ModeSynCookie
	case ModeSynProxy.String():
		f.ProtectionMode = ModeSynProxy
	}
	switch activation.text() {
	case ActivationAlways.String():
		f.Activation = ActivationAlways
	case ActivationKernel.String():
		f.Activation = ActivationKernel
	}
	switch cookie.down("offload").text() {
	case OffloadEngine.String():
		f.Offload = OffloadEngine
	case OffloadDriver.String():
		f.Offload = OffloadDriver
	}
	c.timers(cookie, f.Activation)
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
