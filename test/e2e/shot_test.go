package e2e

import (
	"fmt"
	"net/netip"
	"strconv"

	"synscreen/test/lab"
)

// kit is what a row of the table makes its shots of: addresses that no other row, family and run of it uses.
type kit struct {
	family, n int
}

const (
	darkNet4, darkNet6 = "10.51.0.0/16", "2001:db8:51::/48"
	forgedNet4         = "198.19.0.0/16"
	addressesEach      = 64 // of a kit, on either side
)

// address gives the i-th address of the kit on one side.
func (k kit) address(net4, net6 string, i int) netip.Addr {
	if k.family == 6 {
		return netip.MustParseAddr(fmt.Sprintf("%s%x:%x", net6, k.n+1, i+1))
	}
	at := k.n*addressesEach + i
	return netip.MustParseAddr(fmt.Sprintf("%s.%d.%d", net4, at/256, at%256))
}

// from is a client that nobody answers.
func (k kit) from(i int) netip.Addr { return k.address("198.19", "2001:db8:19::", i) }

// to is a server that is not there, in a dark network behind the one that is.
func (k kit) to(i int) netip.Addr { return k.address("10.51", "2001:db8:51::", i) }

// client is the address of a client that is there.
func (k kit) client(i int) string {
	i = (k.n*2 + i) % screenClients
	return map[int]string{4: lab.ClientAddr4(i), 6: lab.ClientAddr6(i)}[k.family]
}

// packet is one from the first client to the first server.
func (k kit) packet(protocol byte, payload []byte) packet {
	return packet{from: k.from(0), to: k.to(0), protocol: protocol, payload: payload}
}

// tcp is a segment with these flags.
func (k kit) tcp(flags byte) packet { return k.packet(tcp, segment(k.from(0), k.to(0), 9, flags)) }

// syn is one to a port of a server.
func (k kit) syn(client, server int, port uint16) packet {
	return synFrom(k.from(client), k.to(server), port)
}

func synFrom(from, to netip.Addr, port uint16) packet {
	return packet{from: from, to: to, protocol: tcp, payload: segment(from, to, port, syn)}
}

func (k kit) udp(client, server int, port uint16) packet {
	from, to := k.from(client), k.to(server)
	return packet{from: from, to: to, protocol: udpProtocol, payload: datagram(from, to, 40000, port)}
}

// icmp is the number of the family's ICMP.
func (k kit) icmp() byte { return map[int]byte{4: icmp4, 6: icmp6}[k.family] }

// echo is an echo request, or an answer, so many bytes long.
func (k kit) echo(client, server int, answer bool, bytes int) packet {
	from, to := k.from(client), k.to(server)
	return packet{from: from, to: to, protocol: k.icmp(), payload: echo(from, to, answer, bytes)}
}

// with gives the packet options of IPv4.
func (p packet) with(options ...byte) packet {
	p.options = options
	return p
}

// behind puts the packet behind extension headers.
func (p packet) behind(headers ...header) packet {
	p.headers = headers
	return p
}

// part makes the packet a fragment.
func (p packet) part(id, offset uint16, more bool) packet {
	p.piece = &piece{id, offset, more}
	return p
}

// of6 are shots of IPv6 alone.
func of6(shots func(k kit) []shot) func(k kit) []shot {
	return func(k kit) []shot {
		if k.family == 4 {
			return nil
		}
		return shots(k)
	}
}

// pass are packets that pass.
func pass(packets ...packet) (shots []shot) {
	for _, p := range packets {
		shots = append(shots, shot{frame: p.frame()})
	}
	return shots
}

// hit are packets that the screen is for.
func hit(packets ...packet) (shots []shot) {
	for _, p := range packets {
		shots = append(shots, hitFrames(p.frame())...)
	}
	return shots
}

func hitFrames(frames ...[]byte) (shots []shot) {
	for _, f := range frames {
		shots = append(shots, shot{frame: f, hit: true})
	}
	return shots
}

// excess are n packets of which the first few pass.
func excess(n, passing int, of func(i int) packet) (shots []shot) {
	for i := range n {
		if i < passing {
			shots = append(shots, pass(of(i))...)
		} else {
			shots = append(shots, hit(of(i))...)
		}
	}
	return shots
}

func join(lists ...[]shot) (all []shot) {
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}

// hping is what hping3 sends to a server of its own. It knows IPv4 only.
func hping(k kit, hits, passes int, args ...string) []shot {
	if k.family == 6 {
		return nil
	}
	program := []string{"hping3", "--quiet", "--interval", "u1000", "--count", strconv.Itoa(hits + passes),
		"--spoof", k.from(50).String()}
	return []shot{{program: append(append(program, args...), k.to(50).String()), hits: hits, passes: passes}}
}

// nmap is what nmap sends, once each.
func nmap(k kit, hits, passes int, args ...string) []shot {
	program := []string{"nmap", "-n", "--send-ip", "--disable-arp-ping", "--max-retries", "0",
		"--min-rate", "1000", "--min-parallelism", "64", "-e", lab.EndDev, "-S", k.from(50).String()}
	if args[0] != "-sn" {
		program = append(program, "-Pn")
	}
	if k.family == 6 {
		program = append(program, "-6")
	}
	return []shot{{program: append(program, args...), hits: hits, passes: passes}}
}

// pings are echo requests so long from a kernel: of each come so many frames.
func pings(k kit, count, bytes, hits, passes int) []shot {
	program := []string{k.to(52).String(), strconv.Itoa(count), "5ms", strconv.Itoa(bytes)}
	return []shot{{role: "ping", program: program, hits: count * hits, passes: count * passes}}
}
