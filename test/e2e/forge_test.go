package e2e

import (
	"encoding/binary"
	"net"
	"net/netip"

	"synscreen/test/lab"
)

// Protocols, and extension headers of IPv6.
const (
	hopByHop, icmp4, tcp, udpProtocol  = 0, 1, 6, 17
	routing, fragmentHeader, esp, auth = 43, 44, 50, 51
	icmp6, noNext, destinationOptions  = 58, 59, 60
	mobility, hip, shim6               = 135, 139, 140
)

// Flags of TCP.
const (
	fin = 1 << iota
	syn
	rst
	psh
	ack
	urg
)

// header is an extension header of IPv6: its type, and all of it but the next header's.
type header struct {
	kind byte
	body []byte
}

// plainHeader is one of eight bytes that says nothing.
func plainHeader(kind byte) header { return header{kind, []byte{0, 1, 4, 0, 0, 0, 0}} }

// packet is what a test forges of either family. What is zero is not there.
type packet struct {
	from, to netip.Addr
	protocol byte
	payload  []byte
	options  []byte   // of IPv4, whole words
	headers  []header // of IPv6
	piece    *piece
}

// piece says that it is a fragment.
type piece struct {
	id     uint16
	offset uint16 // bytes
	more   bool
}

// number is the field of the fragment, in IPv4's order of bits.
func (f piece) number() uint16 {
	n := f.offset / 8
	if f.more {
		n |= 0x2000
	}
	return n
}

// frame is the packet on its way between the attacker and the server.
func (p packet) frame() []byte {
	to, _ := net.ParseMAC(lab.ServerMAC)
	from, _ := net.ParseMAC(lab.AttackerMAC)
	if p.to.Is6() {
		return ethernet(to, from, typeIPv6, p.ipv6())
	}
	return ethernet(to, from, typeIPv4, p.ipv4())
}

func (p packet) ipv4() []byte {
	var at piece
	if p.piece != nil {
		at = *p.piece
	}
	b := ipv4Packet(p.from, p.to, p.protocol, at.number(), nil)
	b = append(append(b, p.options...), p.payload...)
	b[0] += byte(len(p.options) / 4)
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	binary.BigEndian.PutUint16(b[4:], at.id)
	b[8] = 64
	b[10], b[11] = 0, 0
	binary.BigEndian.PutUint16(b[10:], ^checksum(b[:20+len(p.options)]))
	return b
}

func (p packet) ipv6() []byte {
	all := p.headers
	if f := p.piece; f != nil {
		body := binary.BigEndian.AppendUint16([]byte{0}, f.offset|f.number()>>13)
		body = binary.BigEndian.AppendUint32(body, uint32(f.id))
		all = append(all[:len(all):len(all)], header{fragmentHeader, body})
	}
	next, payload := p.protocol, p.payload
	for i := len(all) - 1; i >= 0; i-- {
		payload = append(append([]byte{next}, all[i].body...), payload...)
		next = all[i].kind
	}
	return ipv6Packet(p.from, p.to, next, payload)
}

// segment is a TCP header with its checksum.
func segment(from, to netip.Addr, port uint16, flags byte) []byte {
	return dataSegment(from, to, port, flags, 0, nil)
}

func dataSegment(from, to netip.Addr, port uint16, flags byte, urgent uint16, data []byte) []byte {
	s := binary.BigEndian.AppendUint16(nil, 40000)
	s = binary.BigEndian.AppendUint16(s, port)
	s = append(s, 0x47, 0x11, 0, 0, 0, 0, 0, 0, 5<<4, flags, 0x20, 0, 0, 0)
	s = binary.BigEndian.AppendUint16(s, urgent)
	return withChecksum(from, to, tcp, 16, append(s, data...))
}

// datagram is a UDP datagram with its checksum.
func datagram(from, to netip.Addr, fromPort, port uint16) []byte {
	s := udp(from, to, "a datagram")
	binary.BigEndian.PutUint16(s, fromPort)
	binary.BigEndian.PutUint16(s[2:], port)
	s[6], s[7] = 0, 0
	return withChecksum(from, to, udpProtocol, 6, s)
}

// echo is an ICMP or ICMPv6 message, an echo request or its answer, that is so long.
func echo(from, to netip.Addr, answer bool, bytes int) []byte {
	if from.Is6() {
		return icmpv6(from, to, map[bool]byte{false: echoRequest6, true: echoReply6}[answer], make([]byte, bytes-4))
	}
	m := icmpv4(string(make([]byte, bytes-8)))
	m[0], m[2], m[3] = map[bool]byte{false: echoRequest4, true: echoReply4}[answer], 0, 0
	binary.BigEndian.PutUint16(m[2:], ^checksum(m))
	return m
}
