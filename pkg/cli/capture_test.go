//go:build cgo

package cli

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// segment is one TCP segment between a client and a server.
type segment struct {
	src, dst netip.AddrPort
	vlan     uint16 // 0: no tag
	flags    string // as tcpdump writes them
	seq, ack uint32
	options  []layers.TCPOption
	data     string
}

// frame makes a frame of it, with checksums. The link-layer addresses are those of the lower and of the
// higher port: a client's is never below 1024.
func (s segment) frame(t *testing.T) []byte {
	t.Helper()
	tcp := &layers.TCP{SrcPort: layers.TCPPort(s.src.Port()), DstPort: layers.TCPPort(s.dst.Port()),
		Seq: s.seq, Ack: s.ack, Window: 64240, Options: s.options}
	for _, flag := range s.flags {
		switch flag {
		case 'S':
			tcp.SYN = true
		case '.':
			tcp.ACK = true
		case 'P':
			tcp.PSH = true
		}
	}
	kind, network := s.network(t, tcp)
	client, server := net.HardwareAddr{2, 0, 0, 0, 0, 1}, net.HardwareAddr{2, 0, 0, 0, 0, 2}
	ethernet := &layers.Ethernet{SrcMAC: client, DstMAC: server, EthernetType: kind}
	if s.src.Port() < 1024 {
		ethernet.SrcMAC, ethernet.DstMAC = server, client
	}
	stack := []gopacket.SerializableLayer{ethernet, network, tcp, gopacket.Payload(s.data)}
	if s.vlan != 0 {
		ethernet.EthernetType = layers.EthernetTypeDot1Q
		stack = append([]gopacket.SerializableLayer{ethernet,
			&layers.Dot1Q{VLANIdentifier: s.vlan, Type: kind}}, stack[1:]...)
	}
	buffer := gopacket.NewSerializeBuffer()
	options := gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}
	if err := gopacket.SerializeLayers(buffer, options, stack...); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

func (s segment) network(t *testing.T, tcp *layers.TCP) (layers.EthernetType, gopacket.SerializableLayer) {
	t.Helper()
	var network interface {
		gopacket.NetworkLayer
		gopacket.SerializableLayer
	}
	kind := layers.EthernetTypeIPv4
	if s.src.Addr().Is4() {
		network = &layers.IPv4{Version: 4, TTL: 64, Protocol: layers.IPProtocolTCP, Flags: layers.IPv4DontFragment,
			SrcIP: s.src.Addr().AsSlice(), DstIP: s.dst.Addr().AsSlice()}
	} else {
		kind = layers.EthernetTypeIPv6
		network = &layers.IPv6{Version: 6, HopLimit: 64, NextHeader: layers.IPProtocolTCP,
			SrcIP: s.src.Addr().AsSlice(), DstIP: s.dst.Addr().AsSlice()}
	}
	if err := tcp.SetNetworkLayerForChecksum(network); err != nil {
		t.Fatal(err)
	}
	return kind, network
}

// capture writes segments to a pcap file, 1 ms apart.
func capture(t *testing.T, path string, segments ...segment) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	w := pcapgo.NewWriter(file)
	err = w.WriteFileHeader(65536, layers.LinkTypeEthernet)
	for i, s := range segments {
		data := s.frame(t)
		err = errors.Join(err, w.WritePacket(gopacket.CaptureInfo{
			Timestamp:     time.Unix(41*64, 0).Add(time.Duration(i) * time.Millisecond),
			CaptureLength: len(data),
			Length:        len(data),
		}, data))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// leaving is a segment that a replay wrote, and by which port it left.
type leaving struct {
	ifname   string
	vlan     uint16
	syn, ack bool
	seq      uint32
	src      string
}

// readOut reads what a replay wrote.
func readOut(t *testing.T, path string) []leaving {
	t.Helper()
	r := openCapture(t, path)
	var out []leaving
	for {
		data, info, err := r.ReadPacketData()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, newLeaving(t, r, info.InterfaceIndex, data))
	}
}

func newLeaving(t *testing.T, r *pcapgo.NgReader, index int, data []byte) leaving {
	t.Helper()
	port, err := r.Interface(index)
	if err != nil {
		t.Fatal(err)
	}
	packet := gopacket.NewPacket(data, layers.LayerTypeEthernet, gopacket.Default)
	tcp, ok := packet.Layer(layers.LayerTypeTCP).(*layers.TCP)
	if !ok {
		t.Fatalf("no TCP: %s", packet)
	}
	l := leaving{ifname: port.Name, syn: tcp.SYN, ack: tcp.ACK, seq: tcp.Seq,
		src: net.JoinHostPort(packet.NetworkLayer().NetworkFlow().Src().String(), tcp.TransportFlow().Src().String())}
	if tag, ok := packet.Layer(layers.LayerTypeDot1Q).(*layers.Dot1Q); ok {
		l.vlan = tag.VLANIdentifier
	}
	return l
}

func temporary(t *testing.T, name string) string {
	t.Helper()
	return filepath.Join(t.TempDir(), name)
}
