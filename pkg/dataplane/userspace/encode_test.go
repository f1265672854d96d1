package userspace

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"synscreen/pkg/dataplane"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestEncodeGivesTheGoldenBytes(t *testing.T) {
	const golden = "testdata/one-wire.hex"
	s := compiled(t, oneWire)
	s.mode = dataplane.ModeSynCookie
	got := dump(encode(s, 7))
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("encoded bytes differ from %s:\n%s", golden, diff)
	}
}

func TestEncodeReadsBackAsTheConfiguration(t *testing.T) {
	s := compiled(t, oneWire)
	s.mode = dataplane.ModeSynCookie
	got := decode(t, encode(s, 7))
	want := decoded{
		Header: HeaderRecord{
			Magic: SnapshotMagic, Version: 6, HeaderSize: 392, TotalSize: 1024, Generation: 7,
			Zones:    SectionRecord{Offset: 392, Count: 2},
			Ports:    SectionRecord{Offset: 536, Count: 2},
			Wires:    SectionRecord{Offset: 584, Count: 1},
			Profiles: SectionRecord{Offset: 664, Count: 1},
			Prefixes: SectionRecord{Offset: 848, Count: 2},
			Servers:  SectionRecord{Offset: 896, Count: 4},
			Mode:     1, Activation: 1, NoSynCheck: 1, Offload: 2, TimeWaitS: 151, InitialTimeoutS: 22,
			EpochSkewS: 5, HalfClose: 1, InactivityTimeoutS: 14401,
			Admission: 2, HostAdmission: 2, PassiveTimerS: 1, FloodTimerS: 1, ReplyRate: 1005, ReplyPrefixRate: 1006, ValidatedTimeoutS: 121,
		},
		Zones: []ZoneRecord{
			{Name: padded("trust"), Profile: NoIndex}, // as all zones
			{Name: padded("untrust"), Profile: 0, Admission: 3},
		},
		Ports: []PortRecord{
			{Ifname: [InterfaceSize]byte([]byte("eth1\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00")), Zone: 1, Wire: 0},
			{Ifname: [InterfaceSize]byte([]byte("eth2\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00")), Zone: 0, Wire: 0},
		},
		Wires: []WireRecord{{Name: padded("w1"), Port: [2]uint16{1, 0}, OnFailure: 1}},
		Profiles: []ProfileRecord{{
			Name: padded("web"), Armed: 1 << dataplane.ScreenSynFlood, AlarmThreshold: 1001, AttackThreshold: 1002, SourceThreshold: 1003,
			DestinationThreshold: 1004, TimeoutS: 21, PrefixFirst: 0, PrefixCount: 2,
		}},
		Prefixes: []PrefixRecord{
			{Address: [16]byte{10: 0xff, 11: 0xff, 12: 192, 13: 0, 14: 2}, Length: 120, Kind: PrefixSource, List: 0},
			{Address: [16]byte{0x20, 0x01, 0x0d, 0xb8}, Length: 32, Kind: PrefixDestination, List: 1},
		},
		Servers: []ServerRecord{
			{ // that clients are admitted in another way does not say that there is a server
				Address: [16]byte{10: 0xff, 11: 0xff, 12: 198, 13: 51, 14: 100}, Length: 120, Admission: 1,
			},
			{
				Address: [16]byte{10: 0xff, 11: 0xff, 12: 203, 13: 0, 14: 113}, Length: 120, Port: 443, NoProbe: 1,
				Profile: ServerProfileRecord{Mss: 1400, Wscale: 9,
					Known: ServerMSS | ServerWScale | ServerSACK | ServerTimestamps,
					Has:   ServerWScale | ServerTimestamps},
			},
			{
				Address: [16]byte{10: 0xff, 11: 0xff, 12: 203, 13: 0, 14: 113}, Length: 120, NoProbe: 1,
				Profile: ServerProfileRecord{Mss: 1400, Known: ServerMSS | ServerWScale | ServerSACK,
					Has: ServerSACK},
			},
			{
				Address: [16]byte{0x20, 0x01, 0x0d, 0xb8}, Length: 32, Port: 25, NoProbe: 1,
				Profile: ServerProfileRecord{Known: ServerECN, Has: ServerECN},
			},
		},
	}
	copy(want.Header.KeyFile[:], "/etc/synscreen/master.key")
	want.Header.Digest = got.Header.Digest // decode has checked it
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("decoded (-want +got):\n%s", diff)
	}
}

func TestEncodeOfHostPortsGivesThemNoWire(t *testing.T) {
	got := decode(t, encode(compiled(t, wireAndHosts), 1))
	h := got.Header
	if h.Activation != 2 || h.PassiveTimerS != 7 || h.FloodTimerS != 8 || h.Admission != 1 || h.HostAdmission != 4 {
		t.Errorf("activation %d, timers %d and %d, admissions %d and %d", h.Activation, h.PassiveTimerS,
			h.FloodTimerS, h.Admission, h.HostAdmission)
	}
	ports := map[string]int{}
	for _, p := range got.Ports {
		ports[strings.TrimRight(string(p.Ifname[:]), "\x00")] = int(p.Wire)
	}
	want := map[string]int{"eth0": NoIndex, "eth1": 0, "eth2": 0, "eth9": NoIndex}
	if diff := cmp.Diff(want, ports); diff != "" {
		t.Errorf("wires of ports (-want +got):\n%s", diff)
	}
	zones := map[string]uint8{}
	for _, z := range got.Zones {
		zones[strings.TrimRight(string(z.Name[:]), "\x00")] = z.Admission
	}
	if diff := cmp.Diff(map[string]uint8{"world": 5, "untrust": 3, "trust": 0}, zones); diff != "" {
		t.Errorf("admissions of zones (-want +got):\n%s", diff)
	}
}

func TestEncodeGivesEachKindOfPortItsOwnAdmission(t *testing.T) {
	for word, want := range map[string][2]uint8{
		"": {1, 4}, "splice": {1, 4}, "reset": {2, 2}, "safe-reset": {3, 3}, "kernel": {1, 4}, "kernel-cookies": {1, 5},
	} {
		text := "set system dataplane-type userspace\n"
		if word != "" {
			text += "set security flow syn-cookie admission " + word + "\n"
		}
		h := decode(t, encode(compiled(t, text), 1)).Header
		if got := [2]uint8{h.Admission, h.HostAdmission}; got != want {
			t.Errorf("admission %q gives wires and host ports %v, want %v", word, got, want)
		}
	}
}

func TestEncodeTellsWhoDoesTheWork(t *testing.T) {
	for word, want := range map[string]uint8{"": 0, "auto": 0, "engine": 1, "driver": 2} {
		text := "set system dataplane-type userspace\n"
		if word != "" {
			text += "set security flow syn-cookie offload " + word + "\n"
		}
		if got := decode(t, encode(compiled(t, text), 1)).Header.Offload; got != want {
			t.Errorf("offload %q gives %d, want %d", word, got, want)
		}
	}
}

func TestEncodeOfEqualSnapshotsIsEqual(t *testing.T) {
	first := encode(compiled(t, oneWire), 1)
	for range 20 {
		if !bytes.Equal(encode(compiled(t, oneWire), 1), first) {
			t.Fatal("one configuration gave two encodings")
		}
	}
}

func TestEncodeOfAConfigurationWithoutThemGivesTheDefaultsOfCookies(t *testing.T) {
	got := decode(t, encode(compiled(t, "set system dataplane-type userspace\n"), 1)).Header
	if got.EpochSkewS != 2 || got.KeyFile != [PathSize]byte{} || got.Activation != 0 {
		t.Errorf("epoch skew %d, key file %q, activation %d", got.EpochSkewS, got.KeyFile, got.Activation)
	}
}

func TestEncodeKeepsTheNulBehindTheLongestKeyFile(t *testing.T) {
	longest := "/" + strings.Repeat("k", PathSize-2)
	text := "set system dataplane-type userspace\nset security flow syn-cookie key-file " + longest + "\n"
	got := decode(t, encode(compiled(t, text), 1)).Header.KeyFile
	if string(got[:]) != longest+"\x00" {
		t.Errorf("key file %q", got)
	}
}

func TestEncodeOfNothingIsAHeader(t *testing.T) {
	if got := decode(t, encode(&snapshot{}, 1)); got.Header.TotalSize != 392 {
		t.Errorf("total size %d, want 392", got.Header.TotalSize)
	}
}

func padded(name string) (out [NameSize]byte) {
	copy(out[:], name)
	return out
}

func TestEncodeOfEveryScreenArmsItWithItsNumber(t *testing.T) {
	got := decode(t, encode(compiled(t, everyScreen), 1)).Profiles[0]
	const rowsOnly = 1<<dataplane.ScreenSynFloodSource | 1<<dataplane.ScreenSynFloodDestination
	want := ProfileRecord{
		Name: padded("web"), Armed: 1<<dataplane.ScreenCount - 1 - rowsOnly,
		AlarmThreshold: 512, AttackThreshold: 200, SourceThreshold: 4000, DestinationThreshold: 4000, TimeoutS: 20,
		IcmpFlood: 1001, UdpFlood: 1002, TcpPortScanUs: 1003, UdpPortScanUs: 1004, IpSweepUs: 1005,
		TcpSweepUs: 1006, UdpSweepUs: 1007, SynAckAck: 1008, SourceSessions: 1009, DestinationSessions: 1010,
		ExtensionLimit: 2, AlarmWithoutDrop: 1, ExtensionHeaders: [4]uint64{1 << 43},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("profile (-want +got):\n%s", diff)
	}
}

const everyScreen = oneZone + `
set security screen ids-option web alarm-without-drop
set security screen ids-option web tcp syn-flood
set security screen ids-option web tcp fin-no-ack
set security screen ids-option web tcp land
set security screen ids-option web tcp syn-fin
set security screen ids-option web tcp syn-frag
set security screen ids-option web tcp tcp-no-flag
set security screen ids-option web tcp winnuke
set security screen ids-option web tcp port-scan threshold 1003
set security screen ids-option web tcp tcp-sweep threshold 1006
set security screen ids-option web tcp syn-ack-ack-proxy threshold 1008
set security screen ids-option web udp flood threshold 1002
set security screen ids-option web udp port-scan threshold 1004
set security screen ids-option web udp udp-sweep threshold 1007
set security screen ids-option web icmp flood threshold 1001
set security screen ids-option web icmp ip-sweep threshold 1005
set security screen ids-option web icmp fragment
set security screen ids-option web icmp large
set security screen ids-option web icmp ping-death
set security screen ids-option web icmp icmpv6-malformed
set security screen ids-option web ip bad-option
set security screen ids-option web ip block-frag
set security screen ids-option web ip loose-source-route-option
set security screen ids-option web ip record-route-option
set security screen ids-option web ip security-option
set security screen ids-option web ip source-route-option
set security screen ids-option web ip stream-option
set security screen ids-option web ip strict-source-route-option
set security screen ids-option web ip tear-drop
set security screen ids-option web ip timestamp-option
set security screen ids-option web ip unknown-protocol
set security screen ids-option web ip ipv6-malformed-header
set security screen ids-option web ip ipv6-extension-header routing-header
set security screen ids-option web ip ipv6-extension-header-limit 2
set security screen ids-option web limit-session source-ip-based 1009
set security screen ids-option web limit-session destination-ip-based 1010
`

const oneZone = `
set system dataplane-type userspace
set security zones security-zone untrust interfaces eth1
set security zones security-zone untrust screen web
set security zones security-zone trust interfaces eth2
set security forwarding-options secure-wire w1 interface [ eth1 eth2 ]
`
