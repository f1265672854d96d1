package config

func (c *checker) screen(v view) Screen {
	drill := v.down("alarm-without-drop")
	s := Screen{
		Name:                v.text(),
		Pos:                 v.pos(),
		Description:         v.down("description").text(),
		AlarmWithoutDrop:    drill.present(),
		AlarmWithoutDropPos: drill.pos(),
		TCP:                 compileTCP(v.down("tcp")),
		UDP:                 compileUDP(v.down("udp")),
		ICMP:                compileICMP(v.down("icmp")),
		IP:                  c.ip(v.down("ip")),
		LimitSession:        compileLimits(v.down("limit-session")),
	}
	if flood := v.down("tcp", "syn-flood"); flood.present() {
		s.SynFlood = c.synFlood(flood)
	}
	for _, protocol := range []string{"icmp", "ip", "tcp", "udp", "limit-session"} {
		s.Armed = armed(v.down(protocol), protocol, s.Armed)
	}
	return s
}

func compileTCP(v view) TCPScreens {
	return TCPScreens{
		Pos:                  v.pos(),
		FinNoAck:             v.down("fin-no-ack").present(),
		Land:                 v.down("land").present(),
		NoFlag:               v.down("tcp-no-flag").present(),
		SynFin:               v.down("syn-fin").present(),
		SynFrag:              v.down("syn-frag").present(),
		WinNuke:              v.down("winnuke").present(),
		PortScanMicroseconds: v.down("port-scan").threshold(),
		SweepMicroseconds:    v.down("tcp-sweep").threshold(),
		SynAckAckProxy:       v.down("syn-ack-ack-proxy").threshold(),
	}
}

func compileUDP(v view) UDPScreens {
	return UDPScreens{
		Pos:                  v.pos(),
		FloodPerSecond:       v.down("flood").threshold(),
		PortScanMicroseconds: v.down("port-scan").threshold(),
		SweepMicroseconds:    v.down("udp-sweep").threshold(),
	}
}

func compileICMP(v view) ICMPScreens {
	return ICMPScreens{
		Pos:               v.pos(),
		Fragment:          v.down("fragment").present(),
		Large:             v.down("large").present(),
		PingDeath:         v.down("ping-death").present(),
		IPv6Malformed:     v.down("icmpv6-malformed").present(),
		FloodPerSecond:    v.down("flood").threshold(),
		SweepMicroseconds: v.down("ip-sweep").threshold(),
	}
}

func (c *checker) ip(v view) IPScreens {
	s := IPScreens{
		Pos:                     v.pos(),
		BadOption:               v.down("bad-option").present(),
		BlockFrag:               v.down("block-frag").present(),
		LooseSourceRouteOption:  v.down("loose-source-route-option").present(),
		RecordRouteOption:       v.down("record-route-option").present(),
		SecurityOption:          v.down("security-option").present(),
		SourceRouteOption:       v.down("source-route-option").present(),
		StreamOption:            v.down("stream-option").present(),
		StrictSourceRouteOption: v.down("strict-source-route-option").present(),
		TearDrop:                v.down("tear-drop").present(),
		TimestampOption:         v.down("timestamp-option").present(),
		UnknownProtocol:         v.down("unknown-protocol").present(),
		IPv6MalformedHeader:     v.down("ipv6-malformed-header").present(),
		ExtensionHeaders:        c.extensionHeaders(v.down("ipv6-extension-header")),
	}
	if limit := v.down("ipv6-extension-header-limit"); limit.present() {
		n := limit.number()
		s.ExtensionHeaderLimit = &n
	}
	return s
}

func (c *checker) extensionHeaders(v view) ExtensionHeaders {
	h := ExtensionHeaders{
		Pos:         v.pos(),
		AH:          v.down("AH-header").present(),
		Destination: v.down("destination-header").present(),
		ESP:         v.down("ESP-header").present(),
		Fragment:    v.down("fragment-header").present(),
		HIP:         v.down("HIP-header").present(),
		HopByHop:    v.down("hop-by-hop-header").present(),
		Mobility:    v.down("mobility-header").present(),
		NoNext:      v.down("no-next-header").present(),
		Routing:     v.down("routing-header").present(),
		Shim6:       v.down("shim6-header").present(),
	}
	for _, types := range v.all("user-defined-header-type") {
		h.UserDefined = append(h.UserDefined, c.headerTypes(types))
	}
	return h
}

// headerTypes reads one type, or a range of types, which may not be upside down.
func (c *checker) headerTypes(v view) HeaderTypes {
	h := HeaderTypes{First: v.number(), Last: v.number(), Pos: v.pos()}
	if to := v.down("to"); to.present() {
		if h.Last = to.number(); h.Last < h.First {
			c.fail(to.pos(), to.node.path(), "the range ends before it starts",
				"write the smaller number first")
		}
	}
	c.upperLayers(h, v)
	return h
}

func compileLimits(v view) SessionLimits {
	return SessionLimits{
		Pos:                v.pos(),
		SourceIPBased:      v.down("source-ip-based").numberIfSet(),
		DestinationIPBased: v.down("destination-ip-based").numberIfSet(),
	}
}

// armed adds the screens below a container: whatever is present and is no plain container. Knobs of a
// screen are not screens.
func armed(v view, path string, found []Armed) []Armed {
	if v.node == nil {
		return found
	}
	for _, n := range v.node.sorted() {
		below := path + " " + n.head()
		switch {
		case n.inactive || n.isEmpty():
		case n.stmt.kind == container && !n.stmt.presence:
			found = armed(view{n.stmt, n}, below, found)
		case n.stmt.kind == leaf:
			found = append(found, Armed{Screen: path + " " + n.stmt.keyword, Pos: n.pos})
		default:
			found = append(found, Armed{Screen: below, Pos: n.pos})
		}
	}
	return found
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
	c.profileWhiteLists(v)
	return f
}
