package replay

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"synscreen/pkg/dataplane"
	"synscreen/pkg/dataplane/userspace"
)

// Link-layer addresses of both sides.
const (
	clientMAC = "02:00:00:00:00:01"
	serverMAC = "02:00:00:00:00:02"
)

func start() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

func parseMAC(text string) net.HardwareAddr {
	address, err := net.ParseMAC(text)
	if err != nil {
		panic(err)
	}
	return address
}

// serialize makes a frame of layers.
func serialize(t *testing.T, stack ...gopacket.SerializableLayer) []byte {
	t.Helper()
	buffer := gopacket.NewSerializeBuffer()
	err := gopacket.SerializeLayers(buffer, gopacket.SerializeOptions{FixLengths: true}, stack...)
	if err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

func ethernet(source, destination string, kind layers.EthernetType) *layers.Ethernet {
	return &layers.Ethernet{SrcMAC: parseMAC(source), DstMAC: parseMAC(destination), EthernetType: kind}
}

// syn makes a SYN of the client, or the SYN-ACK that answers it.
func syn(t *testing.T) []byte {
	t.Helper()
	return serialize(t, ethernet(clientMAC, serverMAC, layers.EthernetTypeIPv4), ipv4(layers.IPProtocolTCP),
		&layers.TCP{SrcPort: 1000, DstPort: 80, SYN: true, Window: 1})
}

func ipv4(protocol layers.IPProtocol) *layers.IPv4 {
	return &layers.IPv4{Version: 4, TTL: 64, Protocol: protocol,
		SrcIP: net.IPv4(192, 0, 2, 1), DstIP: net.IPv4(198, 51, 100, 1)}
}

func ipv6(next layers.IPProtocol) *layers.IPv6 {
	return &layers.IPv6{Version: 6, HopLimit: 64, NextHeader: next,
		SrcIP: net.ParseIP("2001:db8::1"), DstIP: net.ParseIP("2001:db8::2")}
}

// bare makes a frame that has only addresses and a type.
func bare(t *testing.T, source, destination string) []byte {
	t.Helper()
	return serialize(t, ethernet(source, destination, 0x88b5))
}

// pcap makes a file of frames that are 1 ms apart.
func pcap(t *testing.T, link layers.LinkType, frames ...[]byte) []byte {
	t.Helper()
	var file bytes.Buffer
	w := pcapgo.NewWriter(&file)
	err := w.WriteFileHeader(65536, link)
	for i, data := range frames {
		if err == nil {
			err = w.WritePacket(info(0, i, data), data)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// from is a frame of an interface.
type from struct {
	ifname string
	data   []byte
}

// pcapng makes a file of frames that are 1 ms apart.
func pcapng(t *testing.T, link layers.LinkType, frames ...from) []byte {
	t.Helper()
	var file bytes.Buffer
	w, err := pcapgo.NewNgWriterInterface(&file, pcapgo.NgInterface{Name: "first", LinkType: layers.LinkTypeEthernet},
		pcapgo.DefaultNgWriterOptions)
	index := map[string]int{"first": 0}
	for i, f := range frames {
		if _, ok := index[f.ifname]; !ok && err == nil {
			index[f.ifname], err = w.AddInterface(pcapgo.NgInterface{Name: f.ifname, LinkType: link})
		}
		if err == nil {
			err = w.WritePacketWithOptions(info(index[f.ifname], i, f.data), f.data,
				pcapgo.NgPacketOptions{Comments: []string{"a comment"}})
		}
	}
	if err == nil {
		err = w.Flush()
	}
	if err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func info(ifindex, position int, data []byte) gopacket.CaptureInfo {
	return gopacket.CaptureInfo{
		Timestamp:      start().Add(time.Duration(position) * time.Millisecond),
		CaptureLength:  len(data),
		Length:         len(data),
		InterfaceIndex: ifindex,
	}
}

// block makes a pcapng block in little-endian order.
func block(kind uint32, body ...byte) []byte {
	length := uint32(len(body) + 12)
	out := binary.LittleEndian.AppendUint32(nil, kind)
	out = binary.LittleEndian.AppendUint32(out, length)
	out = append(out, body...)
	return binary.LittleEndian.AppendUint32(out, length)
}

// section makes the block that a pcapng file begins with, with options.
func section(options ...byte) []byte {
	body := binary.LittleEndian.AppendUint32(nil, sectionMagic)
	body = append(body, 1, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255)
	return block(blockSection, append(body, options...)...)
}

// onePair are the ports of a wire, the first of them screened.
func onePair() []userspace.OfflinePort {
	return []userspace.OfflinePort{{Name: "eth1", Peer: "eth2", Screened: true}, {Name: "eth2", Peer: "eth1"}}
}

// twoPairs are the ports of two wires with one screen each, and of one without.
func twoPairs() []userspace.OfflinePort {
	return []userspace.OfflinePort{
		{Name: "a1", Peer: "a2", Screened: true}, {Name: "a2", Peer: "a1"},
		{Name: "b1", Peer: "b2", Screened: true}, {Name: "b2", Peer: "b1"},
	}
}

// script is an engine that forwards everything and notes what it was given.
type script struct {
	peer  map[string]string
	calls []string
	left  []dataplane.ReplayOutput
	fail  error
}

func newScript(ports []userspace.OfflinePort) *script {
	s := &script{peer: map[string]string{}}
	for _, port := range ports {
		s.peer[port.Name] = port.Peer
	}
	return s
}

func (s *script) Frame(ifname string, now time.Duration, frame []byte) (dataplane.ReplayResult, error) {
	if s.fail != nil {
		return dataplane.ReplayResult{}, s.fail
	}
	s.calls = append(s.calls, fmt.Sprintf("%s %s %d", ifname, now, len(frame)))
	s.left = append(s.left, dataplane.ReplayOutput{Interface: s.peer[ifname], Data: bytes.Clone(frame)})
	return dataplane.ReplayResult{Verdict: dataplane.Forward, Reason: "forward_flow"}, nil
}

func (s *script) Output() (dataplane.ReplayOutput, bool, error) {
	if len(s.left) == 0 {
		return dataplane.ReplayOutput{}, false, nil
	}
	first := s.left[0]
	s.left = s.left[1:]
	return first, true, nil
}

func (s *script) Close() {}

// played is what a replay left behind.
type played struct {
	lines []string
	out   []byte
	err   error
}

// play replays a file on a scripted engine.
func play(t *testing.T, engine *script, all []userspace.OfflinePort, fallback string, file []byte) played {
	t.Helper()
	ports, err := NewPorts(all, fallback)
	if err != nil {
		t.Fatal(err)
	}
	from, err := Open(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	var lines, out bytes.Buffer
	err = Player{Engine: engine, Ports: ports, Lines: &lines, Out: &out}.Play(t.Context(), from)
	return played{strings.Split(strings.TrimSuffix(lines.String(), "\n"), "\n"), out.Bytes(), err}
}
