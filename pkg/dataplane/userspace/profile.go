package userspace

import (
	"slices"

	"synscreen/pkg/config"
	"synscreen/pkg/dataplane"
)

// newProfile compiles what a profile arms; its white-lists are the caller's.
func newProfile(screen config.Screen) profile {
	p := profile{name: screen.Name}
	p.screens.AlarmWithoutDrop = octet(screen.AlarmWithoutDrop)
	if screen.SynFlood != nil {
		p.synFlood(screen.SynFlood)
	}
	p.tcp(screen.TCP)
	p.udp(screen.UDP)
	p.icmp(screen.ICMP)
	p.ip(screen.IP)
	p.sessions(screen.LimitSession)
	return p
}

// arm arms a screen that has no number.
func (p *profile) arm(on bool, screen dataplane.Screen) {
	if on {
		p.screens.Armed |= 1 << screen
	}
}

// armAt arms a screen that has one; 0 is off.
func (p *profile) armAt(value int, screen dataplane.Screen, to *uint32) {
	p.arm(value > 0, screen)
	*to = uint32(value)
}

func (p *profile) synFlood(flood *config.SynFlood) {
	p.arm(true, dataplane.ScreenSynFlood)
	p.screens.AlarmThreshold = uint32(flood.AlarmThreshold)
	p.screens.AttackThreshold = uint32(flood.AttackThreshold)
	p.screens.SourceThreshold = uint32(flood.SourceThreshold)
	p.screens.DestinationThreshold = uint32(flood.DestinationThreshold)
	p.screens.TimeoutS = uint32(flood.TimeoutSeconds)
}

func (p *profile) tcp(tcp config.TCPScreens) {
	p.arm(tcp.FinNoAck, dataplane.ScreenFinNoAck)
	p.arm(tcp.Land, dataplane.ScreenLand)
	p.arm(tcp.NoFlag, dataplane.ScreenNoFlag)
	p.arm(tcp.SynFin, dataplane.ScreenSynFin)
	p.arm(tcp.SynFrag, dataplane.ScreenSynFragment)
	p.arm(tcp.WinNuke, dataplane.ScreenWinNuke)
	p.armAt(tcp.PortScanMicroseconds, dataplane.ScreenTCPPortScan, &p.screens.TcpPortScanUs)
	p.armAt(tcp.SweepMicroseconds, dataplane.ScreenTCPSweep, &p.screens.TcpSweepUs)
	p.armAt(tcp.SynAckAckProxy, dataplane.ScreenSynAckAck, &p.screens.SynAckAck)
}

func (p *profile) udp(udp config.UDPScreens) {
	p.armAt(udp.FloodPerSecond, dataplane.ScreenUDPFlood, &p.screens.UdpFlood)
	p.armAt(udp.PortScanMicroseconds, dataplane.ScreenUDPPortScan, &p.screens.UdpPortScanUs)
	p.armAt(udp.SweepMicroseconds, dataplane.ScreenUDPSweep, &p.screens.UdpSweepUs)
}

func (p *profile) icmp(icmp config.ICMPScreens) {
	p.arm(icmp.Fragment, dataplane.ScreenICMPFragment)
	p.arm(icmp.Large, dataplane.ScreenICMPLarge)
	p.arm(icmp.PingDeath, dataplane.ScreenPingDeath)
	p.arm(icmp.IPv6Malformed, dataplane.ScreenICMPv6Malformed)
	p.armAt(icmp.FloodPerSecond, dataplane.ScreenICMPFlood, &p.screens.IcmpFlood)
	p.armAt(icmp.SweepMicroseconds, dataplane.ScreenIPSweep, &p.screens.IpSweepUs)
}

func (p *profile) ip(ip config.IPScreens) {
	p.arm(ip.BadOption, dataplane.ScreenBadOption)
	p.arm(ip.BlockFrag, dataplane.ScreenBlockFragment)
	p.arm(ip.LooseSourceRouteOption, dataplane.ScreenLooseSourceRoute)
	p.arm(ip.RecordRouteOption, dataplane.ScreenRecordRoute)
	p.arm(ip.SecurityOption, dataplane.ScreenSecurity)
	p.arm(ip.SourceRouteOption, dataplane.ScreenSourceRoute)
	p.arm(ip.StreamOption, dataplane.ScreenStream)
	p.arm(ip.StrictSourceRouteOption, dataplane.ScreenStrictSourceRoute)
	p.arm(ip.TearDrop, dataplane.ScreenTearDrop)
	p.arm(ip.TimestampOption, dataplane.ScreenTimestamp)
	p.arm(ip.UnknownProtocol, dataplane.ScreenUnknownProtocol)
	p.arm(ip.IPv6MalformedHeader, dataplane.ScreenIPv6Malformed)
	p.screens.ExtensionHeaders = ip.ExtensionHeaders.Types()
	p.arm(slices.Max(p.screens.ExtensionHeaders[:]) > 0, dataplane.ScreenExtensionHeader)
	if ip.ExtensionHeaderLimit != nil {
		p.arm(true, dataplane.ScreenExtensionLimit)
		p.screens.ExtensionLimit = uint8(*ip.ExtensionHeaderLimit)
	}
}

func (p *profile) sessions(limit config.SessionLimits) {
	p.armAt(limit.SourceIPBased, dataplane.ScreenSourceSessions, &p.screens.SourceSessions)
	p.armAt(limit.DestinationIPBased, dataplane.ScreenDestinationSessions, &p.screens.DestinationSessions)
}
