package config

import (
	"fmt"
	"slices"
)

// screenSchema has the screens in Junos's own order, so that a profile is printed as it is there.
func screenSchema() *statement {
	profile := newNamed("ids-option", "a screen profile", nameOf(64), slices.Concat(
		[]*statement{
			newLeaf("description", textOf(1, 900), "free text"),
			newFlag("alarm-without-drop", "dry run: count and log what the screens find, drop nothing"),
			icmpSchema(),
			ipSchema(),
			tcpSchema(),
			udpSchema(),
			limitSessionSchema(),
		},
		junosOnly("a detail of session limits", "aggregation"),
	)...)
	children := append([]*statement{profile},
		junosOnly("settings of all screens", "trap", "traceoptions", "white-list")...)
	return newContainer("screen", "screen profiles", children...)
}

func icmpSchema() *statement {
	return newContainer("icmp", "screens on ICMP and ICMPv6",
		scan("ip-sweep", "drop ICMP from a source that reaches 10 addresses too fast", "addresses"),
		newFlag("fragment", "drop fragments of ICMP"),
		newFlag("large", "drop ICMP packets of more than 1024 bytes"),
		armedBy("flood", "limit the ICMP packets to one address", packetRate(),
			"packets to one address above which more are dropped"),
		newFlag("ping-death", "drop ICMP fragments that would make a packet of more than 65535 bytes"),
		newFlag("icmpv6-malformed", "drop malformed ICMPv6"),
	)
}

func ipSchema() *statement {
	spoofing := refusedFor("spoofing", "sources that do not belong to their zone", problem{
		"a wire has no routing table to ask where a source address belongs",
		"remove it, and have the routers next to the wire drop spoofed sources",
	})
	return newContainer("ip", "screens on IPv4 and IPv6", slices.Concat([]*statement{
		newFlag("bad-option", "drop IPv4 packets with malformed options"),
		newFlag("record-route-option", "drop IPv4 packets with option 7, record route"),
		newFlag("timestamp-option", "drop IPv4 packets with option 4, timestamp"),
		newFlag("security-option", "drop IPv4 packets with option 2, security"),
		newFlag("stream-option", "drop IPv4 packets with option 8, stream identifier"),
		spoofing,
		newFlag("source-route-option", "drop IPv4 packets with option 3 or 9, any source route"),
		newFlag("loose-source-route-option", "drop IPv4 packets with option 3, loose source route"),
		newFlag("strict-source-route-option", "drop IPv4 packets with option 9, strict source route"),
		newFlag("unknown-protocol", "drop packets of a protocol number that is not assigned"),
		newContainer("block-frag", "drop all fragments",
			junosOnly("exceptions from a screen", "white-list")...).asPresence(),
		newFlag("tear-drop", "drop fragments that overlap"),
		extensionHeaderSchema(),
		newLeaf("ipv6-extension-header-limit", numberIn(0, 32, "headers"),
			"drop IPv6 packets with more extension headers"),
		newFlag("ipv6-malformed-header", "drop IPv6 packets with malformed headers"),
	}, junosOnly("screens inside tunnels", "tunnel"))...)
}

func extensionHeaderSchema() *statement {
	const option = "one option of the header"
	return newContainer("ipv6-extension-header", "extension headers that no IPv6 packet may have",
		newContainer("hop-by-hop-header", "drop packets with hop-by-hop options, 0", junosOnly(option,
			"jumbo-payload-option", "router-alert-option", "quick-start-option", "CALIPSO-option",
			"SMF-DPD-option", "SFM-DPD-option", "RPL-option", "user-defined-option-type")...).asPresence(),
		newFlag("routing-header", "drop packets with a routing header, 43"),
		newFlag("fragment-header", "drop packets with a fragment header, 44"),
		newFlag("ESP-header", "drop packets with an encapsulating security payload, 50"),
		newFlag("AH-header", "drop packets with an authentication header, 51"),
		newFlag("no-next-header", "drop packets that end with no next header, 59"),
		newContainer("destination-header", "drop packets with destination options, 60", junosOnly(option,
			"tunnel-encapsulation-limit-option", "home-address-option", "ILNP-nonce-option",
			"line-identification-option", "user-defined-option-type")...).asPresence(),
		newFlag("shim6-header", "drop packets with a shim6 header, 140"),
		newFlag("mobility-header", "drop packets with a mobility header, 135"),
		newFlag("HIP-header", "drop packets with a host identity protocol header, 139"),
		newNamed("user-defined-header-type", "drop packets with a header of this type, or of a range of them",
			numberIn(0, 255, "(Next Header)"),
			newLeaf("to", numberIn(0, 255, "(Next Header)"), "last type of the range")),
	)
}

func tcpSchema() *statement {
	return newContainer("tcp", "screens on TCP",
		newFlag("syn-fin", "drop segments with SYN and FIN"),
		newFlag("fin-no-ack", "drop segments with FIN and without ACK"),
		newFlag("tcp-no-flag", "drop segments without flags"),
		newFlag("syn-frag", "drop SYNs that are fragments"),
		scan("port-scan", "drop SYNs from a source that tries 10 ports of one address too fast", "ports"),
		armedBy("syn-ack-ack-proxy", "limit the connections from one address that have carried no data",
			numberOf(1, 250000, 512, "connections"), "connections above which more are dropped"),
		synFloodSchema(),
		newFlag("land", "drop segments to the address that they come from"),
		newFlag("winnuke", "clear URG in segments to port 139, and let them pass"),
		scan("tcp-sweep", "drop SYNs from a source that reaches 10 addresses too fast", "addresses"),
	)
}

func synFloodSchema() *statement {
	return newContainer("syn-flood", "arm the SYN-flood screen, with defaults for what is not set",
		newLeaf("alarm-threshold", synRate(1, 512), "rate at which a flood is logged"),
		newLeaf("attack-threshold", synRate(1, 200),
			"rate to one address and port at which SYNs are challenged, or their excess dropped"),
		newLeaf("source-threshold", synRate(4, 4000),
			"admitted SYNs from one source above which more are dropped"),
		newLeaf("destination-threshold", synRate(4, 4000),
			"admitted SYNs to one address above which more are challenged, or dropped"),
		newLeaf("queue-size", numberOf(200, 20000, 1024, "connections"),
			"half-open connections that a proxy may queue; has no effect").
			asDeprecated("queue-size has no effect: challenges keep no queue"),
		newLeaf("timeout", numberOf(1, 50, 20, "seconds"), "life of a half-open connection"),
		newNamed("white-list", fmt.Sprintf("addresses that are never challenged; a profile has %d lists and "+
			"%d prefixes at most", maxWhiteLists, maxProfilePrefixes), nameOf(32),
			newList("source-address", prefix(), "clients to exempt; none listed means any"),
			newList("destination-address", prefix(), "servers to exempt; none listed means any")),
	).asPresence()
}

func udpSchema() *statement {
	return newContainer("udp", "screens on UDP",
		armedBy("flood", "limit the UDP packets to one address", packetRate(),
			"packets to one address above which more are dropped",
			junosOnly("exceptions from a screen", "white-list")...),
		scan("udp-sweep", "drop UDP from a source that reaches 10 addresses too fast", "addresses"),
		scan("port-scan", "drop UDP from a source that tries 10 ports of one address too fast", "ports"),
	)
}

func limitSessionSchema() *statement {
	sessions := numberIn(1, 2000000, "sessions")
	return newContainer("limit-session", "limits of concurrent sessions", append([]*statement{
		newLeaf("source-ip-based", sessions, "sessions from one address above which more are dropped"),
		newLeaf("destination-ip-based", sessions, "sessions to one address above which more are dropped"),
	}, junosOnly("a limit for each protocol", "by-source", "by-destination")...)...)
}

// armedBy makes a screen that its presence arms, with a threshold that has a default.
func armedBy(keyword, help string, threshold *valueType, meaning string, more ...*statement) *statement {
	children := append([]*statement{newLeaf("threshold", threshold, meaning)}, more...)
	return newContainer(keyword, help, children...).asPresence()
}

// scan makes a screen on a source that touches 10 ports or addresses in too short a time.
func scan(keyword, help, what string) *statement {
	return armedBy(keyword, help, numberOf(1000, 1000000, 5000, "microseconds"),
		"shortest time in which a source may reach 10 "+what)
}

func synRate(least, fallback int) *valueType { return numberOf(least, 500000, fallback, "SYN/s") }

func packetRate() *valueType { return numberOf(1, 1000000, 1000, "packets/s") }
