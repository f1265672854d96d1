package replay

import (
	"fmt"
	"net"
	"net/netip"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// Describe tells a reader what a frame is, of which the headers are at hand.
func Describe(data []byte) string { return describe(data) }

// describe tells a reader what a frame is. The engine parses frames by itself: nothing hangs on this.
func describe(data []byte) string {
	var ethernet layers.Ethernet
	if ethernet.DecodeFromBytes(data, gopacket.NilDecodeFeedback) != nil {
		return "no Ethernet frame"
	}
	kind, rest, tags := ethernet.EthernetType, ethernet.Payload, ""
	for kind == layers.EthernetTypeDot1Q || kind == layers.EthernetTypeQinQ {
		var tag layers.Dot1Q
		if tag.DecodeFromBytes(rest, gopacket.NilDecodeFeedback) != nil {
			return tags + "a malformed tag"
		}
		tags += fmt.Sprintf("vlan %d ", tag.VLANIdentifier)
		kind, rest = tag.Type, tag.Payload
	}
	switch kind {
	case layers.EthernetTypeIPv4:
		return tags + describeIPv4(rest)
	case layers.EthernetTypeIPv6:
		return tags + describeIPv6(rest)
	}
	return fmt.Sprintf("%s%s > %s %s", tags, ethernet.SrcMAC, ethernet.DstMAC, etherType(kind))
}

func describeIPv4(data []byte) string {
	var ip layers.IPv4
	if ip.DecodeFromBytes(data, gopacket.NilDecodeFeedback) != nil {
		return "malformed IPv4"
	}
	return packet{
		source: addr(ip.SrcIP), destination: addr(ip.DstIP),
		protocol: ip.Protocol, payload: ip.Payload,
		fragment: ip.FragOffset != 0 || ip.Flags&layers.IPv4MoreFragments != 0,
	}.String()
}

func describeIPv6(data []byte) string {
	var ip layers.IPv6
	if ip.DecodeFromBytes(data, gopacket.NilDecodeFeedback) != nil {
		return "malformed IPv6"
	}
	p := packet{source: addr(ip.SrcIP), destination: addr(ip.DstIP), protocol: ip.NextHeader, payload: ip.Payload}
	if ip.HopByHop != nil {
		p.protocol = ip.HopByHop.NextHeader
	}
	for isExtension(p.protocol) {
		p.fragment = p.fragment || p.protocol == layers.IPProtocolIPv6Fragment
		var extension layers.IPv6ExtensionSkipper
		if extension.DecodeFromBytes(p.payload, gopacket.NilDecodeFeedback) != nil {
			return "malformed IPv6"
		}
		p.protocol, p.payload = extension.NextHeader, extension.Payload
	}
	return p.String()
}

// isExtension says whether a header is skipped as RFC 8200 has it; a fragment's has the length that the
// rule gives, as its second byte is reserved and 0.
func isExtension(protocol layers.IPProtocol) bool {
	switch protocol {
	case layers.IPProtocolIPv6HopByHop, layers.IPProtocolIPv6Routing,
		layers.IPProtocolIPv6Destination, layers.IPProtocolIPv6Fragment:
		return true
	}
	return false
}

// packet is what the description of an IP packet needs.
type packet struct {
	source, destination netip.Addr
	protocol            layers.IPProtocol
	payload             []byte
	fragment            bool
}

// String gives `192.0.2.1:1000 > 198.51.100.1:80 S` for TCP, with the flags as tcpdump writes them, else
// the protocol.
func (p packet) String() string {
	hasPorts := p.protocol == layers.IPProtocolTCP || p.protocol == layers.IPProtocolUDP
	switch {
	case p.fragment:
		return fmt.Sprintf("%s > %s %s fragment", p.source, p.destination, ipProtocol(p.protocol))
	case !hasPorts:
		return fmt.Sprintf("%s > %s %s", p.source, p.destination, ipProtocol(p.protocol))
	case p.protocol == layers.IPProtocolUDP && len(p.payload) >= 8:
		return p.between("UDP")
	case p.protocol == layers.IPProtocolTCP && len(p.payload) >= 20:
		return p.between(tcpFlags(p.payload[13]))
	}
	return fmt.Sprintf("%s > %s malformed %s", p.source, p.destination, ipProtocol(p.protocol))
}

// between puts ports to the addresses, which TCP and UDP have in one place.
func (p packet) between(what string) string {
	port := func(at int) uint16 { return uint16(p.payload[at])<<8 | uint16(p.payload[at+1]) }
	return fmt.Sprintf("%s > %s %s", netip.AddrPortFrom(p.source, port(0)),
		netip.AddrPortFrom(p.destination, port(2)), what)
}

// tcpFlags writes the flags as tcpdump does.
func tcpFlags(flags byte) string {
	text := ""
	for bit, letter := range "FSRP.UEW" {
		if flags&(1<<bit) != 0 {
			text += string(letter)
		}
	}
	if text == "" {
		return "none"
	}
	return text
}

func etherType(kind layers.EthernetType) string {
	if name := kind.String(); name != "UnknownEthernetType" {
		return name
	}
	return fmt.Sprintf("ethertype 0x%04x", uint16(kind))
}

func ipProtocol(protocol layers.IPProtocol) string {
	if name := protocol.String(); name != "UnknownIPProtocol" {
		return name
	}
	return fmt.Sprintf("protocol %d", uint8(protocol))
}

func addr(ip net.IP) netip.Addr {
	out, _ := netip.AddrFromSlice(ip)
	return out
}
