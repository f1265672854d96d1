package e2e

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"synscreen/pkg/dataplane"
	"synscreen/test/lab"
)

// Ethertypes.
const (
	typeIPv4  = 0x0800
	typeARP   = 0x0806
	typeIPv6  = 0x86dd
	typeLLDP  = 0x88cc
	typeCTag  = 0x8100
	typeSTag  = 0x88a8
	typeOurs  = 0x88b5 // that of the engine's own probes, when somebody else uses it
	typeOther = 0x88b6
)

// namedFrame is one frame that must arrive as it is.
type namedFrame struct {
	name  string
	bytes []byte
}

// machine is an end of the wire, as frames name it.
type machine struct {
	space      *lab.Namespace
	mac        net.HardwareAddr
	ipv4, ipv6 netip.Addr
}

func machineOf(t testing.TB, n *lab.Namespace, mac, ipv4, ipv6 string) machine {
	t.Helper()
	parsed, err := net.ParseMAC(mac)
	if err != nil {
		t.Fatal(err)
	}
	return machine{space: n, mac: parsed, ipv4: netip.MustParseAddr(ipv4), ipv6: netip.MustParseAddr(ipv6)}
}

func ethernet(to, from net.HardwareAddr, kind uint16, payload []byte) []byte {
	f := append(append([]byte{}, to...), from...)
	f = binary.BigEndian.AppendUint16(f, kind)
	f = append(f, payload...)
	return append(f, make([]byte, max(0, 60-len(f)))...)
}

// tagged puts tags, the outermost first, into a frame.
func tagged(frame []byte, kind uint16, vids ...uint16) []byte {
	f := append([]byte{}, frame[:12]...)
	for _, vid := range vids {
		f = binary.BigEndian.AppendUint16(f, kind)
		f = binary.BigEndian.AppendUint16(f, vid)
		kind = typeCTag
	}
	return append(f, frame[12:]...)
}

// ipv4Packet is a packet with a protocol's payload; flags and offset are those of fragments.
func ipv4Packet(from, to netip.Addr, protocol byte, fragment uint16, payload []byte) []byte {
	p := make([]byte, 20, 20+len(payload))
	p[0] = 0x45
	binary.BigEndian.PutUint16(p[2:], uint16(20+len(payload)))
	binary.BigEndian.PutUint16(p[4:], 0x4711)
	binary.BigEndian.PutUint16(p[6:], fragment)
	p[8], p[9] = 1, protocol // a TTL that no router would pass on
	copy(p[12:], from.AsSlice())
	copy(p[16:], to.AsSlice())
	binary.BigEndian.PutUint16(p[10:], ^checksum(p))
	return append(p, payload...)
}

func ipv6Packet(from, to netip.Addr, next byte, payload []byte) []byte {
	p := make([]byte, 40, 40+len(payload))
	p[0] = 0x60
	binary.BigEndian.PutUint16(p[4:], uint16(len(payload)))
	p[6], p[7] = next, 255
	copy(p[8:], from.AsSlice())
	copy(p[24:], to.AsSlice())
	return append(p, payload...)
}

// withChecksum completes a transport header's checksum at an offset.
func withChecksum(from, to netip.Addr, protocol byte, at int, segment []byte) []byte {
	pseudo := binary.BigEndian.AppendUint32(nil, uint32(len(segment)))
	sum := ^checksum(from.AsSlice(), to.AsSlice(), pseudo, []byte{0, protocol}, segment)
	binary.BigEndian.PutUint16(segment[at:], sum)
	return segment
}

func udp(from, to netip.Addr, payload string) []byte {
	s := binary.BigEndian.AppendUint16(nil, 40000)
	s = binary.BigEndian.AppendUint16(s, 9)
	s = binary.BigEndian.AppendUint16(s, uint16(8+len(payload)))
	s = append(append(s, 0, 0), payload...)
	return withChecksum(from, to, 17, 6, s)
}

func icmpv4(payload string) []byte {
	m := append([]byte{echoRequest4, 0, 0, 0, 0x47, 0x11, 0, 1}, payload...)
	binary.BigEndian.PutUint16(m[2:], ^checksum(m))
	return m
}

func icmpv6(from, to netip.Addr, kind byte, payload []byte) []byte {
	return withChecksum(from, to, 58, 2, append([]byte{kind, 0, 0, 0}, payload...))
}

// wireFrames are frames of every kind from one machine to another.
func wireFrames(from, to machine) []namedFrame {
	mac := func(text string) net.HardwareAddr { m, _ := net.ParseMAC(text); return m }
	broadcast := mac("ff:ff:ff:ff:ff:ff")
	unicast4 := ethernet(to.mac, from.mac, typeIPv4,
		ipv4Packet(from.ipv4, to.ipv4, 17, 0, udp(from.ipv4, to.ipv4, "a datagram")))
	unicast6 := ethernet(to.mac, from.mac, typeIPv6,
		ipv6Packet(from.ipv6, to.ipv6, 17, udp(from.ipv6, to.ipv6, "a datagram")))
	text := func(n int) []byte { return []byte(strings.Repeat("synscreen ", n/10+1)[:n]) }
	frames := []namedFrame{
		{"ARP request", ethernet(broadcast, from.mac, typeARP, arpRequest(from, to))},
		{"neighbour solicitation", neighbourSolicitation(from, to)},
		{"broadcast", ethernet(broadcast, from.mac, typeOther, text(100))},
		{"multicast IPv4", ethernet(mac("01:00:5e:00:01:01"), from.mac, typeIPv4,
			ipv4Packet(from.ipv4, netip.MustParseAddr("224.0.1.1"), 17, 0,
				udp(from.ipv4, netip.MustParseAddr("224.0.1.1"), "to a group")))},
		{"multicast IPv6", ethernet(mac("33:33:00:00:01:01"), from.mac, typeIPv6,
			ipv6Packet(from.ipv6, netip.MustParseAddr("ff05::101"), 17,
				udp(from.ipv6, netip.MustParseAddr("ff05::101"), "to a group")))},
		{"non-IP", ethernet(to.mac, from.mac, typeOther, text(50))},
		{"local experimental", ethernet(to.mac, from.mac, typeOurs, text(50))},
		{"non-IP, longest", ethernet(to.mac, from.mac, typeOther, text(1500))},
		{"LLDP", ethernet(mac("01:80:c2:00:00:0e"), from.mac, typeLLDP, text(60))},
		{"LLC to the bridge group", ethernet(mac("01:80:c2:00:00:00"), from.mac, 38, text(38))},
		{"LACP", ethernet(mac("01:80:c2:00:00:02"), from.mac, 0x8809, text(110))},
		{"EAPOL", ethernet(mac("01:80:c2:00:00:03"), from.mac, 0x888e, text(46))},
		{"to nobody known", ethernet(mac("02:00:00:00:99:99"), from.mac, typeOther, text(46))},
		{"UDP IPv4", unicast4}, {"UDP IPv6", unicast6},
		{"ICMP", ethernet(to.mac, from.mac, typeIPv4, ipv4Packet(from.ipv4, to.ipv4, 1, 0, icmpv4("echo")))},
		{"ICMPv6", ethernet(to.mac, from.mac, typeIPv6, ipv6Packet(from.ipv6, to.ipv6, 58,
			icmpv6(from.ipv6, to.ipv6, echoRequest6, []byte{0x47, 0x11, 0, 1, 'e', 'c', 'h', 'o'})))},
		{"first fragment", ethernet(to.mac, from.mac, typeIPv4, ipv4Packet(from.ipv4, to.ipv4, 17, 0x2000, text(64)))},
		{"last fragment", ethernet(to.mac, from.mac, typeIPv4, ipv4Packet(from.ipv4, to.ipv4, 17, 8, text(70)))},
		{"TCP fragment", ethernet(to.mac, from.mac, typeIPv4, ipv4Packet(from.ipv4, to.ipv4, 6, 8, text(70)))},
		{"first IPv6 fragment", ethernet(to.mac, from.mac, typeIPv6,
			ipv6Packet(from.ipv6, to.ipv6, 44, append([]byte{17, 0, 0, 1, 0, 0, 0x47, 0x11}, text(64)...)))},
		{"last IPv6 fragment", ethernet(to.mac, from.mac, typeIPv6,
			ipv6Packet(from.ipv6, to.ipv6, 44, append([]byte{17, 0, 0, 64, 0, 0, 0x47, 0x11}, text(70)...)))},
		{"unknown protocol", ethernet(to.mac, from.mac, typeIPv4, ipv4Packet(from.ipv4, to.ipv4, 253, 0, text(33)))},
	}
	// the longest with two tags that a packet socket sends from a device of MTU 1500
	long := namedFrame{"long", ethernet(to.mac, from.mac, typeOther, text(1492))}
	frames = append(frames, namedFrame{"one tag, longest",
		tagged(ethernet(to.mac, from.mac, typeOther, text(1500)), typeCTag, 7)})
	for _, inner := range []namedFrame{{"UDP IPv4", unicast4}, {"UDP IPv6", unicast6}, frames[0], frames[5], long} {
		frames = append(frames,
			namedFrame{"one tag, " + inner.name, tagged(inner.bytes, typeCTag, 7)},
			namedFrame{"priority tag, " + inner.name, tagged(inner.bytes, typeCTag, 5<<13)},
			namedFrame{"two tags, " + inner.name, tagged(inner.bytes, typeCTag, 7, 8)},
			namedFrame{"provider tag, " + inner.name, tagged(inner.bytes, typeSTag, 3<<13|9, 8)})
	}
	return frames
}

func arpRequest(from, to machine) []byte {
	p := []byte{0, 1, 8, 0, 6, 4, 0, 1}
	p = append(append(p, from.mac...), from.ipv4.AsSlice()...)
	return append(append(p, make([]byte, 6)...), to.ipv4.AsSlice()...)
}

func neighbourSolicitation(from, to machine) []byte {
	group := netip.MustParseAddr("ff02::1:ff00:0").As16()
	target := to.ipv6.As16()
	copy(group[13:], target[13:])
	body := append(make([]byte, 4), target[:]...)
	body = append(append(body, 1, 1), from.mac...)
	all := netip.AddrFrom16(group)
	return ethernet(net.HardwareAddr{0x33, 0x33, group[12], group[13], group[14], group[15]}, from.mac, typeIPv6,
		ipv6Packet(from.ipv6, all, 58, icmpv6(from.ipv6, all, 135, body)))
}

// startListening writes down what arrives at a machine.
func startListening(t testing.TB, n *lab.Namespace) *lab.Process {
	t.Helper()
	p, err := n.StartRole("listen", lab.EndDev)
	if err != nil {
		t.Fatal(err)
	}
	waitSays(t, p, "listening")
	return p
}

func waitSays(t testing.TB, p *lab.Process, word string) {
	t.Helper()
	err := lab.WaitFor(t.Context(), p.String(), startLimit, func() (bool, error) {
		return strings.Contains(p.Stdout(), word), nil
	})
	if err != nil {
		t.Fatal(err, p.Output())
	}
}

// wantUnchanged sends every frame from one machine to the other and wants each to arrive, once, as it
// was.
func wantUnchanged(t testing.TB, w *lab.WireLab, from, to machine) {
	t.Helper()
	var lines strings.Builder
	frames := wireFrames(from, to)
	for _, f := range frames {
		fmt.Fprintln(&lines, hex.EncodeToString(f.bytes))
	}
	path := filepath.Join(w.Dir(), "frames")
	if err := os.WriteFile(path, []byte(lines.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	listener := startListening(t, to.space)
	sender, err := from.space.StartRole("send", lab.EndDev, path)
	if err == nil {
		err = sender.Wait(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	arrived := func(f namedFrame) int {
		return strings.Count("\n"+listener.Stdout(), "\n"+hex.EncodeToString(f.bytes)+"\n")
	}
	last := frames[len(frames)-1]
	err = lab.WaitFor(t.Context(), "the last frame", 2*time.Second, func() (bool, error) { return arrived(last) > 0, nil })
	if err != nil {
		t.Error(err)
	}
	for _, f := range frames {
		if n := arrived(f); n != 1 {
			t.Errorf("from %s: %s: arrived %d times as it was sent, %x", from.space.Name, f.name, n, f.bytes)
		}
	}
	if err := listener.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}

// wantEchoes asks kernels and sockets at the far end, in whole packets and in fragments.
func wantEchoes(t testing.TB, w *lab.WireLab) {
	t.Helper()
	for _, size := range []int{0, 1400, 4000} {
		for _, p := range startPings(t, w, 2, 50*time.Millisecond, size) {
			if err := p.Wait(t.Context()); err != nil {
				t.Error(err)
			}
		}
	}
	for _, way := range ways(w) {
		p, err := way.from.StartRole("udp-ask", way.to)
		if err == nil {
			err = p.Wait(t.Context())
		}
		if err != nil {
			t.Error(err)
		}
	}
}

// wantResolved makes the client find the server by ARP and neighbour discovery.
func wantResolved(t testing.TB, w *lab.WireLab) {
	t.Helper()
	out, err := w.Client.Run(t.Context(), "ip", "neigh", "show", "dev", lab.EndDev)
	if err != nil || strings.Contains(out, "PERMANENT") || strings.Count(out, lab.ServerMAC) < 2 {
		t.Errorf("neighbours of the client, want two learned ones: %v\n%s", err, out)
	}
}

func TestEveryKindOfFrameCrossesTheWireUnchangedInCalmAndUnderFlood(t *testing.T) {
	t.Parallel()
	w := lab.WireForTest(t, lab.WireOptions{})
	for _, n := range []*lab.Namespace{w.Client, w.Server} {
		p, err := n.StartRole("udp-echo")
		if err != nil {
			t.Fatal(err)
		}
		waitSays(t, p, "listening")
	}
	startNginx(t, w) // a closed port would answer for itself
	if err := w.ResolveServer(t.Context()); err != nil {
		t.Fatal(err)
	}
	d := startDaemon(t, w, configuration{}, noLearning)
	client := machineOf(t, w.Client, lab.ClientMAC, lab.ClientAddr4(0), lab.ClientAddr6(0))
	server := machineOf(t, w.Server, lab.ServerMAC, lab.ServerAddr4, lab.ServerAddr6)
	all := func() {
		wantUnchanged(t, w, client, server)
		wantUnchanged(t, w, server, client)
		wantEchoes(t, w)
		wantResolved(t, w)
	}
	all()
	startFloods(t, w, d, 80, families...)
	all()
	d.waitStatus(t, "a flood that went on", func(s dataplane.Status) bool { return zone(t, s, "untrust").SynRate > floodRate/2 })
	wantNoPasses(t, d.status(t))
}
