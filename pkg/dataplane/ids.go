package dataplane

// Screen is one of Junos's attack types: a place in ZoneStatus.IDs.
type Screen int

// The screens of enum screen_ids, in its order.
const (
	ScreenICMPFlood Screen = iota
	ScreenUDPFlood
	ScreenWinNuke
	ScreenTCPPortScan
	ScreenUDPPortScan
	ScreenIPSweep
	ScreenTCPSweep
	ScreenUDPSweep
	ScreenTearDrop
	ScreenSynFlood
	ScreenSynFloodSource      // source-threshold
	ScreenSynFloodDestination // destination-threshold
	ScreenPingDeath
	ScreenSourceRoute
	ScreenLand
	ScreenSynFragment
	ScreenNoFlag
	ScreenUnknownProtocol
	ScreenBadOption
	ScreenRecordRoute
	ScreenTimestamp
	ScreenSecurity
	ScreenLooseSourceRoute
	ScreenStrictSourceRoute
	ScreenStream
	ScreenICMPFragment
	ScreenICMPLarge
	ScreenSynFin
	ScreenFinNoAck
	ScreenSourceSessions
	ScreenDestinationSessions
	ScreenSynAckAck
	ScreenBlockFragment
	ScreenExtensionHeader
	ScreenExtensionLimit
	ScreenIPv6Malformed
	ScreenICMPv6Malformed
	ScreenCount // the number of screens
)

// The tags of Junos's records about screens.
const (
	tagTCP            = "RT_SCREEN_TCP"
	tagTCPSource      = "RT_SCREEN_TCP_SRC_IP"
	tagTCPDestination = "RT_SCREEN_TCP_DST_IP"
	tagUDP            = "RT_SCREEN_UDP"
	tagICMP           = "RT_SCREEN_ICMP"
	tagIP             = "RT_SCREEN_IP"
	tagSessions       = "RT_SCREEN_SESSION_LIMIT"
)

// screenRow is what a screen is called: in metrics and JSON, in Junos's statistics, and in its logs.
type screenRow struct{ label, row, tag string }

func screenRows() [ScreenCount]screenRow {
	return [ScreenCount]screenRow{
		ScreenICMPFlood:           {"icmp_flood", "ICMP flood", tagICMP},
		ScreenUDPFlood:            {"udp_flood", "UDP flood", tagUDP},
		ScreenWinNuke:             {"tcp_winnuke", "TCP winnuke", tagTCP},
		ScreenTCPPortScan:         {"tcp_port_scan", "TCP port scan", tagTCP},
		ScreenUDPPortScan:         {"udp_port_scan", "UDP port scan", tagUDP},
		ScreenIPSweep:             {"icmp_sweep", "ICMP address sweep", tagICMP},
		ScreenTCPSweep:            {"tcp_sweep", "TCP sweep", tagTCP},
		ScreenUDPSweep:            {"udp_sweep", "UDP sweep", tagUDP},
		ScreenTearDrop:            {"ip_tear_drop", "IP tear drop", tagIP},
		ScreenSynFlood:            {"tcp_syn_flood", "TCP SYN flood", tagTCP},
		ScreenSynFloodSource:      {"syn_flood_source", "SYN flood source", tagTCPSource},
		ScreenSynFloodDestination: {"syn_flood_destination", "SYN flood destination", tagTCPDestination},
		ScreenPingDeath:           {"icmp_ping_death", "ICMP ping of death", tagICMP},
		ScreenSourceRoute:         {"ip_source_route", "IP source route option", tagIP},
		ScreenLand:                {"tcp_land", "TCP land attack", tagTCP},
		ScreenSynFragment:         {"tcp_syn_fragment", "TCP SYN fragment", tagTCP},
		ScreenNoFlag:              {"tcp_no_flag", "TCP no flag", tagTCP},
		ScreenUnknownProtocol:     {"ip_unknown_protocol", "IP unknown protocol", tagIP},
		ScreenBadOption:           {"ip_bad_option", "IP bad options", tagIP},
		ScreenRecordRoute:         {"ip_record_route", "IP record route option", tagIP},
		ScreenTimestamp:           {"ip_timestamp", "IP timestamp option", tagIP},
		ScreenSecurity:            {"ip_security", "IP security option", tagIP},
		ScreenLooseSourceRoute:    {"ip_loose_source_route", "IP loose source route option", tagIP},
		ScreenStrictSourceRoute:   {"ip_strict_source_route", "IP strict source route option", tagIP},
		ScreenStream:              {"ip_stream", "IP stream option", tagIP},
		ScreenICMPFragment:        {"icmp_fragment", "ICMP fragment", tagICMP},
		ScreenICMPLarge:           {"icmp_large", "ICMP large packet", tagICMP},
		ScreenSynFin:              {"tcp_syn_fin", "TCP SYN FIN", tagTCP},
		ScreenFinNoAck:            {"tcp_fin_no_ack", "TCP FIN no ACK", tagTCP},
		ScreenSourceSessions:      {"source_session_limit", "Source session limit", tagSessions},
		ScreenDestinationSessions: {"destination_session_limit", "Destination session limit", tagSessions},
		ScreenSynAckAck:           {"tcp_syn_ack_ack_proxy", "TCP SYN-ACK-ACK proxy", tagTCP},
		ScreenBlockFragment:       {"ip_block_fragment", "IP block fragment", tagIP},
		ScreenExtensionHeader:     {"ipv6_extension_header", "IPv6 extension header", tagIP},
		ScreenExtensionLimit:      {"ipv6_extension_header_limit", "IPv6 extension header limit", tagIP},
		ScreenIPv6Malformed:       {"ipv6_malformed_header", "IPv6 malformed header", tagIP},
		ScreenICMPv6Malformed:     {"icmpv6_malformed", "ICMPv6 malformed packet", tagICMP},
	}
}

func screenNames() names {
	rows := screenRows()
	labels := make(names, len(rows))
	for i, row := range rows {
		labels[i] = row.label
	}
	return labels
}

// Screens lists the screens, in order.
func Screens() []Screen {
	screens := make([]Screen, ScreenCount)
	for i := range screens {
		screens[i] = Screen(i)
	}
	return screens
}

// Row gives the screen's name in Junos's statistics, such as "TCP port scan".
func (s Screen) Row() string {
	if s < 0 || s >= ScreenCount {
		return s.String()
	}
	return screenRows()[s].row
}

// Tag gives the tag of the screen's log records, such as "RT_SCREEN_TCP".
func (s Screen) Tag() string {
	if s < 0 || s >= ScreenCount {
		return tagIP
	}
	return screenRows()[s].tag
}

// String gives the screen's label, such as "tcp_port_scan".
func (s Screen) String() string { return screenNames().of(int(s)) }

// MarshalText gives the screen's label.
func (s Screen) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the screen's label.
func (s *Screen) UnmarshalText(text []byte) error {
	value, err := screenNames().parse("screen", text)
	*s = Screen(value)
	return err
}
