package daemon

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"synscreen/pkg/config"
	"synscreen/pkg/control"
)

// idsOptions tells how a profile of the running configuration reads, or all of them without a name.
func (l *loop) idsOptions(name string) ([]control.IDSOption, error) {
	if l.running == nil {
		return nil, errNothingRuns
	}
	options, names := []control.IDSOption{}, []string{}
	for _, screen := range l.running.config.Screens {
		names = append(names, screen.Name)
		if name == "" || screen.Name == name {
			options = append(options, newIDSOption(screen, l.running.config.Zones))
		}
	}
	if name != "" && len(options) == 0 {
		return nil, fmt.Errorf("show ids-option %s: the running configuration has no such profile; "+
			"the profiles are %v", name, names)
	}
	return options, nil
}

func newIDSOption(screen config.Screen, zones []config.Zone) control.IDSOption {
	option := control.IDSOption{
		Name:             screen.Name,
		Description:      screen.Description,
		Zones:            []string{},
		Settings:         idsSettings(screen),
		AlarmWithoutDrop: screen.AlarmWithoutDrop,
		WhiteLists:       []control.IDSWhiteList{},
	}
	for _, zone := range zones {
		if zone.Screen == screen.Name {
			option.Zones = append(option.Zones, zone.Name)
		}
	}
	if screen.SynFlood == nil {
		return option
	}
	for _, list := range screen.SynFlood.WhiteLists {
		option.WhiteLists = append(option.WhiteLists, control.IDSWhiteList{
			Name: list.Name, Sources: prefixTexts(list.Source), Destinations: prefixTexts(list.Destination),
		})
	}
	return option
}

func prefixTexts(prefixes []netip.Prefix) []string {
	texts := make([]string, len(prefixes))
	for i, prefix := range prefixes {
		texts[i] = prefix.String()
	}
	return texts
}

// Units of thresholds.
const (
	unitPackets      = "packets/s"
	unitSYNs         = "SYNs/s"
	unitMicroseconds = "microseconds"
	unitConnections  = "connections"
)

// settings gathers the settings of a profile.
type settings struct{ all []control.IDSSetting }

// number adds a threshold that is set.
func (s *settings) number(name string, value int, unit string) {
	if value != 0 {
		s.all = append(s.all, control.IDSSetting{Name: name, Value: strconv.Itoa(value), Unit: unit})
	}
}

// flag adds a screen without a threshold that is armed.
func (s *settings) flag(name string, armed bool) {
	if armed {
		s.all = append(s.all, control.IDSSetting{Name: name, Value: "enabled"})
	}
}

// idsSettings lists what is armed, in Junos's order and, where it has them, with its names.
func idsSettings(p config.Screen) []control.IDSSetting {
	s := settings{all: []control.IDSSetting{}}
	s.number("ICMP flood threshold", p.ICMP.FloodPerSecond, unitPackets)
	s.number("UDP flood threshold", p.UDP.FloodPerSecond, unitPackets)
	s.flag("TCP winnuke", p.TCP.WinNuke)
	s.number("TCP port scan threshold", p.TCP.PortScanMicroseconds, unitMicroseconds)
	s.number("UDP port scan threshold", p.UDP.PortScanMicroseconds, unitMicroseconds)
	s.number("ICMP address sweep threshold", p.ICMP.SweepMicroseconds, unitMicroseconds)
	s.number("TCP sweep threshold", p.TCP.SweepMicroseconds, unitMicroseconds)
	s.number("UDP sweep threshold", p.UDP.SweepMicroseconds, unitMicroseconds)
	s.flag("IP tear drop", p.IP.TearDrop)
	s.synFlood(p.SynFlood)
	s.flag("ICMP ping of death", p.ICMP.PingDeath)
	s.flag("IP source route option", p.IP.SourceRouteOption)
	s.flag("TCP land attack", p.TCP.Land)
	s.flag("TCP SYN fragment", p.TCP.SynFrag)
	s.flag("TCP no flag", p.TCP.NoFlag)
	s.flag("IP unknown protocol", p.IP.UnknownProtocol)
	s.flag("IP bad options", p.IP.BadOption)
	s.flag("IP record route option", p.IP.RecordRouteOption)
	s.flag("IP timestamp option", p.IP.TimestampOption)
	s.flag("IP security option", p.IP.SecurityOption)
	s.flag("IP loose source route option", p.IP.LooseSourceRouteOption)
	s.flag("IP strict source route option", p.IP.StrictSourceRouteOption)
	s.flag("IP stream option", p.IP.StreamOption)
	s.flag("ICMP fragmentation", p.ICMP.Fragment)
	s.flag("ICMP large packet", p.ICMP.Large)
	s.flag("TCP SYN FIN", p.TCP.SynFin)
	s.flag("TCP FIN no ACK", p.TCP.FinNoAck)
	s.number("Session source limit threshold", p.LimitSession.SourceIPBased, unitConnections)
	s.number("Session destination limit threshold", p.LimitSession.DestinationIPBased, unitConnections)
	s.number("TCP SYN-ACK-ACK proxy threshold", p.TCP.SynAckAckProxy, unitConnections)
	s.flag("IP block fragment", p.IP.BlockFrag)
	s.extensionHeaders(p.IP.ExtensionHeaders)
	if limit := p.IP.ExtensionHeaderLimit; limit != nil {
		s.all = append(s.all, control.IDSSetting{
			Name: "IPv6 extension header limit", Value: strconv.Itoa(*limit), Unit: "headers",
		})
	}
	s.flag("IPv6 malformed header", p.IP.IPv6MalformedHeader)
	s.flag("ICMPv6 malformed packet", p.ICMP.IPv6Malformed)
	return s.all
}

func (s *settings) synFlood(flood *config.SynFlood) {
	if flood == nil {
		return
	}
	s.number("TCP SYN flood attack threshold", flood.AttackThreshold, unitSYNs)
	s.number("TCP SYN flood alarm threshold", flood.AlarmThreshold, unitSYNs)
	s.number("TCP SYN flood source threshold", flood.SourceThreshold, unitSYNs)
	s.number("TCP SYN flood destination threshold", flood.DestinationThreshold, unitSYNs)
	s.number("TCP SYN flood timeout", flood.TimeoutSeconds, "seconds")
}

// extensionHeaders adds the header types that are not wanted, as numbers.
func (s *settings) extensionHeaders(headers config.ExtensionHeaders) {
	types := headers.Types()
	var ranges []string
	in := func(n int) bool { return n < 256 && types[n/64]>>(n%64)&1 != 0 }
	for first := 0; first < 256; first++ {
		if !in(first) {
			continue
		}
		last := first
		for in(last + 1) {
			last++
		}
		text := strconv.Itoa(first)
		if last > first {
			text += "-" + strconv.Itoa(last)
		}
		ranges = append(ranges, text)
		first = last
	}
	if len(ranges) > 0 {
		s.all = append(s.all, control.IDSSetting{
			Name: "IPv6 extension headers", Value: strings.Join(ranges, " "), Unit: "header types",
		})
	}
}
