package replay

import (
	"slices"
	"strings"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

func TestDescriptionTellsWhatAFrameIs(t *testing.T) {
	v4 := ethernet(clientMAC, serverMAC, layers.EthernetTypeIPv4)
	v6 := ethernet(clientMAC, serverMAC, layers.EthernetTypeIPv6)
	tagged := ethernet(clientMAC, serverMAC, layers.EthernetTypeQinQ)
	for want, stack := range map[string][]gopacket.SerializableLayer{
		"192.0.2.1:1000 > 198.51.100.1:80 S":      {v4, ipv4(layers.IPProtocolTCP), tcp("S")},
		"192.0.2.1:1000 > 198.51.100.1:80 S.":     {v4, ipv4(layers.IPProtocolTCP), tcp("S.")},
		"192.0.2.1:1000 > 198.51.100.1:80 FSRPUE": {v4, ipv4(layers.IPProtocolTCP), tcp("FSRPUE")},
		"192.0.2.1:1000 > 198.51.100.1:80 none":   {v4, ipv4(layers.IPProtocolTCP), tcp("")},
		"192.0.2.1:1000 > 198.51.100.1:80 UDP": {v4, ipv4(layers.IPProtocolUDP),
			&layers.UDP{SrcPort: 1000, DstPort: 80}},
		"192.0.2.1 > 198.51.100.1 malformed TCP": {v4, ipv4(layers.IPProtocolTCP), gopacket.Payload("short")},
		"192.0.2.1 > 198.51.100.1 ICMPv4":        {v4, ipv4(layers.IPProtocolICMPv4)},
		"192.0.2.1 > 198.51.100.1 protocol 253":  {v4, ipv4(253)},
		"192.0.2.1 > 198.51.100.1 IPv4": {v4, ipv4(layers.IPProtocolIPv4), ipv4(layers.IPProtocolTCP),
			tcp("S")},
		"[2001:db8::1]:1000 > [2001:db8::2]:80 .": {v6, ipv6(layers.IPProtocolTCP), tcp(".")},
		"2001:db8::1 > 2001:db8::2 TCP fragment": {v6, ipv6(layers.IPProtocolIPv6Fragment),
			gopacket.Payload{6, 0, 0, 1, 0, 0, 0, 1, 1, 2, 3, 4}},
		"2001:db8::1 > 2001:db8::2 NoNextHeader": {v6, ipv6(layers.IPProtocolIPv6Destination),
			gopacket.Payload{59, 0, 1, 4, 0, 0, 0, 0}},
		"vlan 10 vlan 20 192.0.2.1:1000 > 198.51.100.1:80 RW": {tagged,
			&layers.Dot1Q{VLANIdentifier: 10, Type: layers.EthernetTypeDot1Q},
			&layers.Dot1Q{VLANIdentifier: 20, Type: layers.EthernetTypeIPv4}, ipv4(layers.IPProtocolTCP), tcp("RW")},
		clientMAC + " > " + serverMAC + " ARP":              {ethernet(clientMAC, serverMAC, layers.EthernetTypeARP)},
		clientMAC + " > " + serverMAC + " ethertype 0x88b5": {ethernet(clientMAC, serverMAC, 0x88b5)},
	} {
		if got := describe(serialize(t, stack...)); got != want {
			t.Errorf("described as %q, want %q", got, want)
		}
	}
}

func TestDescriptionOfABrokenFrame(t *testing.T) {
	for want, bytes := range map[string]string{
		"no Ethernet frame":       "thirteen byte",
		"malformed IPv4":          "dddddddddddd\x08\x00\x45",
		"malformed IPv6":          "dddddddddddd\x86\xdd\x60",
		"vlan 10 a malformed tag": "dddddddddddd\x81\x00\x00\x0a\x81\x00\x00",
	} {
		if got := describe([]byte(bytes)); got != want {
			t.Errorf("described as %q, want %q", got, want)
		}
	}
}

func TestDescriptionOfAnIPv4Fragment(t *testing.T) {
	fragment := ipv4(layers.IPProtocolTCP)
	fragment.Flags = layers.IPv4MoreFragments
	got := describe(serialize(t, ethernet(clientMAC, serverMAC, layers.EthernetTypeIPv4), fragment, tcp("S")))
	if want := "192.0.2.1 > 198.51.100.1 TCP fragment"; got != want {
		t.Errorf("described as %q, want %q", got, want)
	}
}

// tcp makes a segment with the flags of tcpdump's letters.
func tcp(flags string) *layers.TCP {
	letters := []rune(flags)
	has := func(letter rune) bool { return slices.Contains(letters, letter) }
	return &layers.TCP{SrcPort: 1000, DstPort: 80, FIN: has('F'), SYN: has('S'), RST: has('R'), PSH: has('P'),
		ACK: has('.'), URG: has('U'), ECE: has('E'), CWR: has('W')}
}

// Whatever a frame holds, a terminal obeys none of it.
func FuzzDescribe(f *testing.F) {
	f.Add([]byte{})
	f.Add(append(make([]byte, 12), 0x08, 0x00, 0x4f, 0, 0, 20))
	f.Add(append(make([]byte, 12), 0x86, 0xdd, 0x60))
	f.Fuzz(func(t *testing.T, data []byte) {
		text := describe(data)
		if text == "" {
			t.Error("nothing")
		}
		if i := strings.IndexFunc(text, func(r rune) bool { return r < ' ' || r > '~' }); i >= 0 {
			t.Errorf("%q is not printable from %d on", text, i)
		}
	})
}
