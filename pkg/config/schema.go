package config

import "slices"

// newSchema builds the grammar. To add a statement, add a line here and read it in compile.go; the
// order of the lines is the order of formatted text and of the help.
func newSchema() *statement {
	return newContainer("", "", slices.Concat(
		[]*statement{systemSchema(), securitySchema()},
		junosOnly("a part of Junos outside the screens",
			"version", "access", "applications", "chassis", "class-of-service", "event-options",
			"firewall", "forwarding-options", "interfaces", "policy-options", "protocols",
			"routing-instances", "routing-options", "services", "snmp", "vlans"),
	)...)
}

func systemSchema() *statement {
	return newContainer("system", "the system itself", slices.Concat(
		[]*statement{
			newLeaf("host-name", textOf(1, 255), "name of this system in logs"),
			newLeaf("dataplane-type", oneOf("", "userspace"),
				"packet engine to use; must be set").asOurs(),
		},
		junosOnly("a setting of the host, not of the screen",
			"authentication-order", "autoinstallation", "commit", "domain-name", "internet-options",
			"license", "login", "management-instance", "max-configurations-on-flash",
			"name-server", "ntp", "processes", "root-authentication", "services", "syslog",
			"time-zone"),
	)...)
}

func securitySchema() *statement {
	return newContainer("security", "screens, zones and wires", slices.Concat(
		[]*statement{zonesSchema(), screenSchema(), flowSchema(), forwardingSchema()},
		junosOnly("a security feature outside the screens",
			"address-book", "alg", "application-tracking", "certificates", "ike", "ipsec", "log", "nat",
			"pki", "policies", "ssh-known-hosts", "traceoptions", "utm"),
	)...)
}

func zonesSchema() *statement {
	zone := newNamed("security-zone", "a named set of interfaces with one screen profile", nameOf(63),
		slices.Concat(
			[]*statement{
				newGroup("interfaces", interfaceName(),
					"interfaces of the zone; one that is in no wire is a host port: it protects this machine",
					junosOnly("a zone setting outside the screens", "host-inbound-traffic")...),
				newLeaf("screen", nameOf(64), "ids-option profile that screens what enters the zone"),
			},
			junosOnly("a zone setting outside the screens",
				"address-book", "advance-policy-based-routing-profile", "application-tracking",
				"description", "enable-reverse-reroute", "host-inbound-traffic",
				"source-identity-log", "tcp-rst"),
		)...)
	children := append([]*statement{zone}, junosOnly("zones for management", "functional-zone")...)
	return newContainer("zones", "security zones", children...)
}

func flowSchema() *statement {
	timeWait := newContainer("time-wait-state", "closed connections", append([]*statement{
		newLeaf("session-timeout", numberOf(2, 600, 150, "seconds"),
			"time that a closed connection is remembered"),
		newFlag("apply-to-half-close-state",
			"forget a connection that one side has closed after that time, too"),
	}, junosOnly("a detail of the time-wait state", "session-ageout")...)...)
	tcpSession := newContainer("tcp-session", "TCP connections", slices.Concat([]*statement{
		newFlag("no-syn-check", "let a segment of an unknown connection pass instead of dropping it"),
		newLeaf("tcp-initial-timeout", numberOf(4, 300, 20, "seconds"),
			"life of a connection whose handshake is not complete"),
		newLeaf("inactivity-timeout", numberOf(60, 86400, 14400, "seconds"),
			"time after which a silent open connection is forgotten").asOurs(),
		timeWait,
	}, junosOnly("a detail of TCP sessions", "aggressive-aging", "fin-invalidate-session", "maximum-window",
		"no-sequence-check", "no-syn-check-in-tunnel", "rst-invalidate-session", "rst-sequence-check",
		"strict-syn-check"))...)
	return newContainer("flow", "how connections are treated", slices.Concat([]*statement{
		newLeaf("syn-flood-protection-mode", oneOf("", "syn-cookie", "syn-proxy"),
			"how a SYN flood is answered; not set: syn-cookie where this system can do it"),
		synCookieSchema(),
		tcpSession,
	}, junosOnly("a setting of flow outside the screens", "aging", "allow-dns-reply",
		"allow-embedded-icmp", "ethernet-switching", "force-ip-reassembly", "gre-performance-acceleration",
		"ipsec-performance-acceleration", "load-distribution", "mcast-buffer-enhance",
		"pending-sess-queue-length", "power-mode-ipsec", "preserve-incoming-fragment-size",
		"route-change-timeout", "tcp-mss", "traceoptions"))...)
}

// maxTimer bounds passive-timer and flood-timer, in seconds.
const maxTimer = 3600

func synCookieSchema() *statement {
	return newContainer("syn-cookie", "settings of SYN cookies",
		newLeaf("activation", oneOf("threshold", "threshold", "always", "kernel"),
			"when SYNs are challenged: while a flood lasts, always, or, on host ports, "+
				"while a listener's queue overflows").asOurs(),
		newLeaf("passive-timer", numberOf(0, maxTimer, 1, "seconds"),
			"with activation kernel: least time between two questions whether a listener overflows").asOurs(),
		newLeaf("flood-timer", numberOf(0, maxTimer, 1, "seconds"),
			"with activation kernel: time between two questions whether it still does; both 0: always").asOurs(),
		admissionSchema("; not set: splice on wires, kernel on host ports", admissionWords()[1:]),
		zoneAdmissionSchema(),
		newLeaf("validated-timeout", numberOf(0, 3600, 120, "seconds"),
			"how long a client that has answered passes without another challenge; 0: each connection is challenged").asOurs(),
		newLeaf("reply-rate", numberIn(1, 100000000, "replies per second"),
			"ceiling on replies by one port; not set: none but what forwarding needs").asOurs(),
		newLeaf("reply-prefix-rate", numberIn(1, 100000000, "replies per second"),
			"ceiling on replies to one IPv4 /24 or IPv6 /48; not set: none").asOurs(),
		newLeaf("offload", oneOf("auto", "auto", "engine", "driver"),
			"on wires, who answers SYNs and checks cookies in a flood, and forwards connections that need no "+
				"translation: the driver where it is proved to, the engine alone, or the driver or no commit").asOurs(),
		newLeaf("epoch-skew", numberOf(0, 20, 2, "seconds"),
			"how far the clocks of peers that share the master key may be apart").asOurs(),
		newLeaf("key-file", absolutePath(),
			"file of the master key; not set: master.key in the daemon's state directory").asOurs(),
		serverProfileSchema(),
	).asOurs()
}

func forwardingSchema() *statement {
	wire := newNamed("secure-wire", "two interfaces: what enters one leaves the other", nameOf(63),
		newList("interface", interfaceName(), "the two interfaces of the wire").asPair(),
		newLeaf("on-failure", oneOf("open", "open", "closed"),
			"while no engine runs, pass all traffic or drop it").asOurs())
	children := append([]*statement{wire},
		junosOnly("forwarding outside the wires", "family", "mirror-filter", "resource-manager")...)
	return newContainer("forwarding-options", "how frames are forwarded", children...)
}
