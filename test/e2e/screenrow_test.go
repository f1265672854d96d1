package e2e

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"synscreen/pkg/dataplane"
)

// The table. Programs make the frames where they can: hping3 those of IPv4, nmap those of either family, a
// kernel its own fragments and connections. The test forges the rest.

func screenGroups() []screenGroup {
	return []screenGroup{segmentGroup(), packetGroup(), floodGroup(), scanGroup(), silenceGroup()}
}

// ---- TCP's flags, IPv4's options, IPv6's headers, lengths --------------------------------------

func segmentGroup() screenGroup {
	g := screenGroup{profile: []string{
		"tcp syn-fin fin-no-ack tcp-no-flag syn-frag land winnuke",
		"icmp large ping-death icmpv6-malformed",
		"ip bad-option record-route-option timestamp-option security-option stream-option",
		"ip loose-source-route-option strict-source-route-option tear-drop ipv6-malformed-header",
	}}
	g.rows = append(append(flagRows(), optionRows()...), lengthRows()...)
	for _, h := range []struct {
		name string
		kind byte
	}{
		{"hop-by-hop-header", hopByHop}, {"routing-header", routing}, {"ESP-header", esp}, {"AH-header", auth},
		{"no-next-header", noNext}, {"destination-header", destinationOptions}, {"shim6-header", shim6},
		{"mobility-header", mobility}, {"HIP-header", hip}, {"user-defined-header-type 250 to 251", 251},
	} {
		g.profile = append(g.profile, "ip ipv6-extension-header "+h.name)
		g.rows = append(g.rows, headerRow(h.name, h.kind))
	}
	return g
}

// flagRow is a row whose segments nmap sends, by one of its scans; other flags pass.
func flagRow(name string, screen dataplane.Screen, reason string, others []byte, scan ...string) screening {
	return screening{name: "tcp " + name, screen: screen, reason: reason, shots: func(k kit) []shot {
		shots := nmap(k, 3, 0, append(scan, "-p", "9,10,11", k.to(1).String())...)
		for _, flags := range others {
			shots = append(shots, pass(k.tcp(flags))...)
		}
		return shots
	}}
}

func flagRows() []screening {
	return []screening{
		flagRow("syn-fin", dataplane.ScreenSynFin, "drop_syn_fin", []byte{syn, fin | ack}, "-sS",
			"--scanflags", "SYNFINACK"),
		flagRow("fin-no-ack", dataplane.ScreenFinNoAck, "drop_fin_no_ack", []byte{fin | ack, rst}, "-sF"),
		flagRow("tcp-no-flag", dataplane.ScreenNoFlag, "drop_no_flag", []byte{ack, psh, urg, rst}, "-sN"),
		{"tcp syn-frag", dataplane.ScreenSynFragment, "drop_syn_fragment", false, func(k kit) []shot {
			return join(hping(k, 3, 0, "--syn", "--morefrag"),
				hit(k.tcp(syn).part(1, 0, true), k.tcp(syn|ack).part(2, 0, true)),
				pass(k.tcp(syn), k.tcp(ack).part(3, 0, true)))
		}},
		{"tcp land", dataplane.ScreenLand, "drop_land", false, func(k kit) []shot {
			itself, next := synFrom(k.to(0), k.to(0), 9), synFrom(k.to(1), k.to(0), 9)
			return join(hping(k, 3, 0, "--syn", "--spoof", k.to(50).String()), hit(itself), pass(next))
		}},
		{"tcp winnuke", dataplane.ScreenWinNuke, "", false, func(k kit) []shot {
			to := func(port uint16, flags byte, urgent uint16) packet {
				return k.packet(tcp, dataSegment(k.from(0), k.to(0), port, flags, urgent, []byte("boo")))
			}
			mended := shot{hit: true, frame: to(139, ack|psh|urg, 3).frame(), mended: to(139, ack|psh, 0).frame()}
			return join(hping(k, 3, 0, "--urg", "--ack", "--destport", "139"), []shot{mended},
				pass(to(138, ack|psh|urg, 3), to(139, ack|psh, 0)))
		}},
	}
}

// optionRow is a row of IPv4's options. Without any, with one that nobody screens (router alert, RFC 2113),
// and with such as say nothing, a packet passes.
func optionRow(name string, screen dataplane.Screen, reason, nmapOption string, options ...[]byte) screening {
	return screening{name: "ip " + name, screen: screen, reason: reason, shots: func(k kit) []shot {
		if k.family == 6 {
			return nil
		}
		plain := k.udp(0, 0, 9)
		shots := pass(plain, plain.with(148, 4, 0, 0), plain.with(1, 1, 1, 0))
		for _, o := range options {
			shots = append(shots, hit(plain.with(o...))...)
		}
		if nmapOption != "" {
			shots = append(shots, nmap(k, 2, 0, "-sS", "-p", "9,10", "--ip-options", nmapOption, k.to(1).String())...)
		}
		return shots
	}}
}

func optionRows() []screening {
	return []screening{
		optionRow("bad-option", dataplane.ScreenBadOption, "drop_bad_option", "", []byte{7, 9, 4, 0},
			[]byte{148, 1, 0, 0}),
		optionRow("record-route-option", dataplane.ScreenRecordRoute, "drop_record_route", "R",
			[]byte{7, 7, 4, 0, 0, 0, 0, 0}),
		optionRow("timestamp-option", dataplane.ScreenTimestamp, "drop_timestamp", "T",
			[]byte{68, 8, 5, 0, 0, 0, 0, 0}),
		optionRow("security-option", dataplane.ScreenSecurity, "drop_security", "", []byte{130, 3, 0, 0},
			[]byte{133, 3, 0, 0}),
		optionRow("stream-option", dataplane.ScreenStream, "drop_stream", "", []byte{136, 4, 0, 1}),
		optionRow("loose-source-route-option", dataplane.ScreenLooseSourceRoute, "drop_loose_source_route",
			"L 10.51.0.1", []byte{1, 131, 7, 4, 10, 51, 0, 1}),
		optionRow("strict-source-route-option", dataplane.ScreenStrictSourceRoute, "drop_strict_source_route",
			"S 10.51.0.1", []byte{137, 7, 4, 10, 51, 0, 1, 0}),
	}
}

// headerRow is a row of IPv6's extension headers. Those that say nothing of what follows are the last.
func headerRow(name string, kind byte) screening {
	name = "ip ipv6-extension-header " + name
	return screening{name, dataplane.ScreenExtensionHeader, "drop_extension_header", false,
		of6(func(k kit) []shot {
			wanted, other := k.udp(0, 0, 9), k.packet(252, make([]byte, 16))
			switch kind {
			case esp, noNext, hip, shim6, 251:
				wanted.protocol = kind
			case auth: // whose length is in words of four bytes (RFC 4302)
				wanted.headers = []header{{auth, append([]byte{2}, make([]byte, 14)...)}}
			default:
				wanted.headers = []header{plainHeader(kind)}
			}
			return join(hit(wanted), pass(k.udp(0, 0, 9), other))
		})}
}

func lengthRows() []screening {
	return []screening{
		{"icmp large", dataplane.ScreenICMPLarge, "drop_icmp_large", false, func(k kit) []shot {
			most := map[int]int{4: 1004, 6: 984}[k.family] // behind the header of IP
			return join(hping(k, 3, 0, "--icmp", "--data", "997"), hping(k, 0, 3, "--icmp", "--data", "996"),
				hit(k.echo(0, 0, false, most+1)),
				pass(k.echo(0, 0, false, most), k.packet(udpProtocol, make([]byte, 1200))))
		}},
		{"icmp ping-death", dataplane.ScreenPingDeath, "drop_ping_death", false, func(k kit) []shot {
			last := map[int]uint16{4: 65512, 6: 65528}[k.family] // with 3 and 7 bytes there 65535 are full
			full := 65535 - int(last)
			if k.family == 4 {
				full -= 20
			}
			of := func(bytes int, id uint16) packet {
				return k.packet(k.icmp(), make([]byte, bytes)).part(id, last, false)
			}
			udp := of(full+1, 3)
			udp.protocol = udpProtocol
			return join(hping(k, 3, 0, "--icmp", "--fragoff", "65528", "--data", "100"), hit(of(full+1, 1)),
				pass(of(full, 2), udp))
		}},
		{"icmp icmpv6-malformed", dataplane.ScreenICMPv6Malformed, "drop_icmpv6_malformed", false,
			of6(func(k kit) []shot {
				wrong, short := k.echo(0, 0, false, 16), k.packet(icmp6, []byte{128, 0, 1, 2, 3, 4, 5})
				wrong.payload[8]++
				about := func(bytes int) packet {
					return k.packet(icmp6, icmpv6(k.from(0), k.to(0), 1, make([]byte, 4+bytes)))
				}
				return join(hit(wrong, short, about(39)), pass(k.echo(0, 0, false, 16), about(40)))
			})},
		{"ip tear-drop", dataplane.ScreenTearDrop, "drop_tear_drop", false, func(k kit) []shot {
			p := k.packet(udpProtocol, make([]byte, 64))
			return join(pass(p.part(1, 0, true), p.part(1, 64, false), p.part(1, 64, false), p.part(2, 0, true)),
				hit(p.part(2, 32, false)))
		}},
		{"ip ipv6-malformed-header", dataplane.ScreenIPv6Malformed, "drop_ipv6_malformed", false,
			of6(func(k kit) []shot {
				longer, older, cut := k.udp(0, 0, 9).frame(), k.udp(0, 0, 9).frame(), k.tcp(ack)
				binary.BigEndian.PutUint16(longer[18:], 500) // than the frame
				older[14] = 0x50                             // of version 5
				cut.payload = cut.payload[:19]
				return join(hitFrames(longer, older, cut.frame()), pass(k.udp(0, 0, 9), k.tcp(ack)))
			})},
	}
}

// ---- any source route, protocols, fragments of ICMP, how many headers --------------------------

func packetGroup() screenGroup {
	return screenGroup{
		profile: []string{
			"ip source-route-option unknown-protocol", "ip ipv6-extension-header-limit 2", "icmp fragment",
		},
		rows: []screening{
			optionRow("source-route-option", dataplane.ScreenSourceRoute, "drop_source_route", "L 10.51.0.1",
				[]byte{131, 7, 4, 10, 51, 0, 1, 0}, []byte{1, 137, 7, 4, 10, 51, 0, 1}),
			{"ip unknown-protocol", dataplane.ScreenUnknownProtocol, "drop_unknown_protocol", false, func(k kit) []shot {
				known := map[int]byte{4: 137, 6: 139}[k.family]
				return join(hping(k, 3, 0, "--rawip", "--ipproto", "138"), hping(k, 0, 2, "--rawip", "--ipproto", "137"),
					hit(k.packet(known+1, make([]byte, 8)), k.packet(255, make([]byte, 8))),
					pass(k.packet(known, make([]byte, 8))))
			}},
			{"ip ipv6-extension-header-limit", dataplane.ScreenExtensionLimit, "drop_extension_limit", false,
				of6(func(k kit) []shot {
					h := plainHeader(destinationOptions)
					return join(hit(k.udp(0, 0, 9).behind(h, h, h), k.tcp(ack).behind(h, h).part(1, 0, true)),
						pass(k.udp(0, 0, 9), k.udp(0, 0, 9).behind(h, h), k.tcp(ack).behind(h).part(2, 0, true)))
				})},
			{"icmp fragment", dataplane.ScreenICMPFragment, "drop_icmp_fragment", false, func(k kit) []shot {
				return join(pings(k, 3, 2000, 2, 0), pings(k, 3, 1400, 0, 1),
					pass(k.packet(udpProtocol, make([]byte, 64)).part(1, 0, true)))
			}},
		},
	}
}

// ---- floods, and all fragments -----------------------------------------------------------------

func floodGroup() screenGroup {
	return screenGroup{
		profile: []string{
			"ip block-frag", "icmp flood threshold 20", "udp flood threshold 20",
			"tcp syn-flood attack-threshold 10 source-threshold 20 destination-threshold 30",
			"tcp syn-flood white-list friends source-address [ 192.0.2.0/24 2001:db8:77::/48 ]",
		},
		// of a server that nobody has heard of it would be asked whether it answers
		rest: []string{
			"security flow syn-cookie server-profile " + darkNet4, "security flow syn-cookie server-profile " + darkNet6,
		},
		rows: []screening{
			{"ip block-frag", dataplane.ScreenBlockFragment, "drop_block_frag", false, func(k kit) []shot {
				p := k.packet(udpProtocol, make([]byte, 64))
				// a fragment that is all of its datagram (RFC 6946) is none
				return join(hping(k, 3, 0, "--udp", "--fragoff", "64", "--data", "64"), pings(k, 2, 2000, 2, 0),
					hit(p.part(1, 0, true), p.part(1, 64, false)), pass(k.udp(0, 0, 9), k.udp(0, 0, 9).part(2, 0, false)))
			}},
			{"icmp flood", dataplane.ScreenICMPFlood, "drop_icmp_flood", true, func(k kit) []shot {
				return join(hping(k, 5, 20, "--icmp"),
					excess(25, 20, func(i int) packet { return k.echo(i, 1, i%2 == 0, 16) }),
					excess(20, 20, func(i int) packet { return k.echo(0, 2, false, 16) }))
			}},
			{"udp flood", dataplane.ScreenUDPFlood, "drop_udp_flood", true, func(k kit) []shot {
				return join(hping(k, 5, 20, "--udp", "--destport", "++1"),
					excess(25, 20, func(i int) packet { return k.udp(i, 1, uint16(1+i)) }),
					excess(20, 20, func(i int) packet { return k.udp(0, 2, 9) }))
			}},
			{"tcp syn-flood attack-threshold", dataplane.ScreenSynFlood, "reply_challenge", true, func(k kit) []shot {
				return join(hping(k, 5, 9, "--syn", "--destport", "9"),
					excess(14, 9, func(i int) packet { return k.syn(i, 1, 9) }),
					pass(k.friend(1, 9)), excess(9, 9, func(i int) packet { return k.syn(i, 1, 10) }))
			}},
			{"tcp syn-flood source-threshold", dataplane.ScreenSynFloodSource, "drop_source_threshold", true,
				func(k kit) []shot {
					return join(excess(25, 20, func(i int) packet { return k.syn(0, i, 9) }),
						excess(20, 20, func(i int) packet { return k.syn(1, i, 9) }))
				}},
			{"tcp syn-flood destination-threshold", dataplane.ScreenSynFloodDestination, "reply_challenge", true,
				func(k kit) []shot {
					return join(excess(35, 30, func(i int) packet { return k.syn(i, 0, uint16(1+i)) }),
						pass(k.friend(0, 99)),
						excess(30, 30, func(i int) packet { return k.syn(i, 1, uint16(1+i)) }))
				}},
		},
	}
}

// friend is a SYN of somebody on the white-list.
func (k kit) friend(server int, port uint16) packet {
	from := fmt.Sprint("192.0.2.", 1+k.n%250)
	if k.family == 6 {
		from = fmt.Sprintf("2001:db8:77::%x", 1+k.n)
	}
	return synFrom(netip.MustParseAddr(from), k.to(server), port)
}

// ---- scans, sweeps, sessions, and what the parser refuses --------------------------------------

const oneSecond = "threshold 1000000" // a busy machine, too, sends twelve frames in it

func scanGroup() screenGroup {
	return screenGroup{
		profile: []string{
			"tcp port-scan " + oneSecond, "tcp tcp-sweep " + oneSecond, "udp port-scan " + oneSecond,
			"udp udp-sweep " + oneSecond, "icmp ip-sweep " + oneSecond,
			"limit-session source-ip-based 15", "limit-session destination-ip-based 40",
			"ip ipv6-extension-header fragment-header",
		},
		rows: append(scanRows(), []screening{
			{"limit-session source-ip-based", dataplane.ScreenSourceSessions, "drop_source_sessions", false,
				func(k kit) []shot {
					of := func(client int) func(int) packet {
						return func(i int) packet { return k.syn(client, i%8, uint16(1+i/8)) }
					}
					return join(excess(17, 15, of(0)), excess(15, 15, of(1)))
				}},
			{"limit-session destination-ip-based", dataplane.ScreenDestinationSessions, "drop_destination_sessions",
				false,
				func(k kit) []shot {
					of := func(server int) func(int) packet { return func(i int) packet { return k.syn(i, server, 9) } }
					return join(excess(42, 40, of(0)), excess(40, 40, of(1)))
				}},
			{"ip ipv6-extension-header fragment-header", dataplane.ScreenExtensionHeader, "drop_extension_header", false,
				of6(func(k kit) []shot {
					p := k.udp(0, 0, 9)
					return join(hit(p.part(1, 0, false), p.part(2, 64, true)), pass(p))
				})},
			{"malformed", screenNone, "drop_malformed", false, func(k kit) []shot {
				longer := k.udp(0, 0, 9).frame()
				binary.BigEndian.PutUint16(longer[map[int]int{4: 16, 6: 18}[k.family]:], 500)
				return join(hitFrames(longer), pass(k.udp(0, 0, 9)))
			}},
			{"three tags", screenNone, "drop_deep_tags", false, func(k kit) []shot {
				f := k.udp(0, 0, 9).frame()
				return join(hitFrames(tagged(f, typeCTag, 7, 8, 9)), []shot{{frame: tagged(f, typeCTag, 7, 8)}})
			}},
			{"nine extension headers", screenNone, "drop_extension_headers", false, of6(func(k kit) []shot {
				h := plainHeader(destinationOptions)
				return join(hit(k.udp(0, 0, 9).behind(h, h, h, h, h, h, h, h, h)),
					pass(k.udp(0, 0, 9).behind(h, h, h, h, h, h, h, h)))
			})},
		}...),
	}
}

// answered has the protected side speak first to whom sends the datagrams: they are answers, and no scan.
func answered(datagrams []packet) (shots []shot) {
	for _, p := range datagrams {
		asked := packet{from: p.to, to: p.from, protocol: udpProtocol}
		asked.payload = datagram(p.to, p.from, binary.BigEndian.Uint16(p.payload[2:]), 40000)
		shots = append(shots, shot{frame: asked.frame(), asks: true})
	}
	return append(shots, pass(datagrams...)...)
}

// A tenth target, and each that follows, is one too many; nine, as often as one likes, are none.
func scanRow(name string, screen dataplane.Screen, reason string, of func(k kit, client, target int) packet,
	scan func(k kit) []string) screening {
	return screening{name, screen, reason, false, func(k kit) []shot {
		shots := join(nmap(k, 3, 9, scan(k)...), excess(12, 9, func(i int) packet { return of(k, 0, i) }),
			excess(18, 18, func(i int) packet { return of(k, 1, i%9) }))
		if of(k, 2, 0).protocol == udpProtocol {
			var datagrams []packet
			for i := range 12 {
				datagrams = append(datagrams, of(k, 2, i))
			}
			shots = append(shots, answered(datagrams)...)
		}
		return shots
	}}
}

func scanRows() []screening {
	ports := func(scan string) func(k kit) []string {
		return func(k kit) []string { return []string{scan, "-p", "2001-2012", k.to(41).String()} }
	}
	addresses := func(scan ...string) func(k kit) []string {
		return func(k kit) []string {
			args := scan[:len(scan):len(scan)]
			for i := range 12 {
				args = append(args, k.to(i).String())
			}
			return args
		}
	}
	return []screening{
		scanRow("tcp port-scan", dataplane.ScreenTCPPortScan, "drop_tcp_port_scan",
			func(k kit, client, target int) packet { return k.syn(client, 40, uint16(2001+target)) }, ports("-sS")),
		scanRow("tcp tcp-sweep", dataplane.ScreenTCPSweep, "drop_tcp_sweep",
			func(k kit, client, target int) packet { return k.syn(client, target, 9) },
			addresses("-sS", "-p", "2001")),
		scanRow("udp port-scan", dataplane.ScreenUDPPortScan, "drop_udp_port_scan",
			func(k kit, client, target int) packet { return k.udp(client, 40, uint16(2001+target)) }, ports("-sU")),
		scanRow("udp udp-sweep", dataplane.ScreenUDPSweep, "drop_udp_sweep",
			func(k kit, client, target int) packet { return k.udp(client, target, 9) },
			addresses("-sU", "-p", "2001")),
		scanRow("icmp ip-sweep", dataplane.ScreenIPSweep, "drop_ip_sweep",
			func(k kit, client, target int) packet { return k.echo(client, target, false, 16) },
			addresses("-sn", "-PE")),
	}
}

// ---- connections that say nothing --------------------------------------------------------------

// They are the last: the idle ones are kept alive by segments that nobody asked for, after 15 s.
func silenceGroup() screenGroup {
	return screenGroup{
		profile: []string{"tcp syn-ack-ack-proxy threshold 3"},
		rows: []screening{
			{"tcp syn-ack-ack-proxy", dataplane.ScreenSynAckAck, "drop_syn_ack_ack", false, func(k kit) []shot {
				address := serverAddress(k.family, contentPort)
				// of one that opens: SYN, ACK, and what it says
				return []shot{
					{role: "hush", program: []string{k.client(0), address, "5", ""}, hits: 2, passes: 3 * 2, follows: 1},
					{role: "hush", program: []string{k.client(1), address, "5", "G"}, passes: 5 * 3},
				}
			}},
		},
	}
}
