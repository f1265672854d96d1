package e2e

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"synscreen/pkg/control"
	"synscreen/pkg/dataplane"
	"synscreen/test/lab"
)

// serverOf is the content server over a family.
func serverOf(family int) netip.AddrPort {
	addr := lab.ServerAddr4
	if family == 6 {
		addr = lab.ServerAddr6
	}
	return netip.AddrPortFrom(netip.MustParseAddr(addr), contentPort)
}

// knownServers gives what is shown of servers.
func (d *daemon) knownServers(t testing.TB, flags ...string) []dataplane.Server {
	t.Helper()
	var report control.ServerReport
	d.show(t, &report, append([]string{"security", "flow", "server-profile"}, flags...)...)
	return report.Servers
}

// knownServer gives what is shown of the content server, which must be known.
func (d *daemon) knownServer(t testing.TB, family int) dataplane.Server {
	t.Helper()
	rows := d.knownServers(t, "--server", serverOf(family).Addr().String())
	for _, row := range rows {
		if row.Address == serverOf(family) {
			return row
		}
	}
	t.Fatalf("IPv%d: the server is not among %+v", family, rows)
	return dataplane.Server{}
}

// agreement is what a SYN-ACK agrees to; -1 is no window scale.
type agreement struct {
	MSS, WindowScale int
	SACK, Timestamps bool
}

// offered gives what the server's place agrees to in a new connection to the content server.
func (d *daemon) offered(t testing.TB, family int) agreement {
	t.Helper()
	binary, err := lab.Built("bin/synscreen")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "f.pcapng")
	monitor, err := d.lab.Wire.Start(binary, "--control-socket", d.socket, "monitor", "traffic", "interface",
		lab.OuterDev, "write-file", path, "--count", "20", "--seconds", "20")
	if err != nil {
		t.Fatal(err)
	}
	d.wait(t, "a look at frames", func() (bool, error) { return strings.Contains(monitor.Output(), "frames of"), nil })
	if err := fetch(t.Context(), d.lab, family, mega); err != nil {
		t.Error(err)
	}
	if err := monitor.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	return synAckOf(t, path, serverOf(family))
}

// synAckOf reads the first SYN-ACK of an address and port in a capture.
func synAckOf(t testing.TB, path string, from netip.AddrPort) agreement {
	t.Helper()
	reader := openCapture(t, path)
	for {
		data, _, err := reader.ReadPacketData()
		if err != nil {
			t.Fatalf("no SYN-ACK of %s: %v", from, err)
		}
		packet := gopacket.NewPacket(data, layers.LayerTypeEthernet, gopacket.Default)
		tcp, ok := packet.Layer(layers.LayerTypeTCP).(*layers.TCP)
		if !ok || !tcp.SYN || !tcp.ACK || packet.NetworkLayer().NetworkFlow().Src().String() != from.Addr().String() ||
			uint16(tcp.SrcPort) != from.Port() {
			continue
		}
		return offerOf(tcp)
	}
}

func offerOf(tcp *layers.TCP) agreement {
	o := agreement{WindowScale: -1}
	for _, option := range tcp.Options {
		switch option.OptionType {
		case layers.TCPOptionKindMSS:
			o.MSS = int(option.OptionData[0])<<8 | int(option.OptionData[1])
		case layers.TCPOptionKindWindowScale:
			o.WindowScale = int(option.OptionData[0])
		case layers.TCPOptionKindSACKPermitted:
			o.SACK = true
		case layers.TCPOptionKindTimestamps:
			o.Timestamps = true
		}
	}
	return o
}

// wantOffered asserts what a challenge agrees to.
func (d *daemon) wantOffered(t testing.TB, family int, want agreement) {
	t.Helper()
	if diff := cmp.Diff(want, d.offered(t, family)); diff != "" {
		t.Errorf("IPv%d: the challenge (-want +got):\n%s", family, diff)
	}
}

// wantAsked asserts how many SYNs went through since before to learn whether a port answers.
func wantAsked(t testing.TB, d *daemon, before dataplane.Status, n uint64) {
	t.Helper()
	const asked = "forward_syn_probe"
	if got := frames(t, d.status(t), lab.OuterDev, asked) - frames(t, before, lab.OuterDev, asked); got != n {
		t.Errorf("%d SYNs were let through to ports that nobody has seen answer, want %d", got, n)
	}
}

// setServer changes how the server's kernel answers.
func setServer(t testing.TB, w *lab.WireLab, settings ...string) {
	t.Helper()
	for _, setting := range settings {
		if err := w.Server.Sysctl(t.Context(), setting); err != nil {
			t.Fatal(err)
		}
	}
}

// The server's kernel is one that nobody would assume: without SACK, with a large window scale.
func TestWhatServersAgreeToIsLearnedInCalmAndOfferedInTheirPlace(t *testing.T) {
	t.Parallel()
	w := lab.WireForTest(t, lab.WireOptions{})
	setServer(t, w, "net.ipv4.tcp_sack=0", "net.ipv4.tcp_rmem=4096 131072 33554432")
	startContent(t, w)
	d := startDaemon(t, w, configuration{}, noLearning)
	if rows := d.knownServers(t); len(rows) != 0 {
		t.Errorf("known before anybody spoke: %+v", rows)
	}
	scale := map[int]int{}
	for _, family := range families {
		if err := fetch(t.Context(), w, family, mega); err != nil {
			t.Fatal(err)
		}
		scale[family] = d.wantLearned(t, family)
	}
	d.wantSaid(t, "show security flow server-profile", "no l", "answers", serverOf(4).String(), serverOf(6).String())

	d.mustCommit(t, configuration{always: true, servers: []string{}})
	before := d.status(t)
	for _, family := range families {
		d.wantOffered(t, family, agreement{MSS: mssOf(family), WindowScale: scale[family], Timestamps: true})
	}
	wantSpliced(t, d, before, uint64(len(families)))
	wantAsked(t, d, before, 0)

	d.wantSaid(t, "clear security flow server-profile", "what was learned of 2 servers is forgotten")
	if rows := d.knownServers(t); len(rows) != 0 {
		t.Errorf("known after the clearing: %+v", rows)
	}
}

func mssOf(family int) int {
	if family == 6 {
		return 1440
	}
	return 1460
}

// wantLearned asserts what was learned of the content server, and gives its window scale.
func (d *daemon) wantLearned(t testing.TB, family int) (scale int) {
	t.Helper()
	row := d.knownServer(t, family)
	if row.WindowScale.Value == nil || *row.WindowScale.Value <= 7 {
		t.Fatalf("IPv%d: window scale of %+v, want more than 7", family, row)
	}
	if row.Idle == nil || row.ForgottenIn <= 0 {
		t.Errorf("IPv%d: %+v, want one that was seen", family, row)
	}
	scale = int(*row.WindowScale.Value)
	want := dataplane.Server{
		Zone: "untrust", Address: serverOf(family),
		MSS:         dataplane.Said[uint16]{Value: uint16(mssOf(family)), From: dataplane.Learned},
		WindowScale: dataplane.Said[*uint8]{Value: row.WindowScale.Value, From: dataplane.Learned},
		SACK:        dataplane.Said[bool]{From: dataplane.Learned},
		Timestamps:  dataplane.Said[bool]{Value: true, From: dataplane.Learned},
		Window:      dataplane.Said[uint16]{Value: row.Window.Value, From: dataplane.Learned},
		Idle:        row.Idle, ForgottenIn: row.ForgottenIn,
	}
	if diff := cmp.Diff(want, row, cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })); diff != "" {
		t.Errorf("IPv%d: what is known (-want +got):\n%s", family, diff)
	}
	return scale
}

// What a profile says holds against what the server itself does; what it does not say is learned.
func TestAServerProfileChangesWhatAChallengeOffers(t *testing.T) {
	t.Parallel()
	w := lab.WireForTest(t, lab.WireOptions{})
	startContent(t, w)
	d := startDaemon(t, w, configuration{always: true, servers: []string{
		lab.ServerAddr4 + " mss 1300 wscale 3 no-sack",
		"203.0.113.0/24 mss 1200 no-timestamps",
		fmt.Sprintf("%s port %d no-timestamps", lab.ServerAddr6, contentPort),
		lab.ServerAddr6 + " mss 1220",
	}}, noLearning)
	before := d.status(t)
	d.wantOffered(t, 4, agreement{MSS: 1300, WindowScale: 3, Timestamps: true})
	d.wantOffered(t, 6, agreement{MSS: 1220, WindowScale: -1})
	wantAsked(t, d, before, 0)
	row := d.knownServer(t, 4)
	if row.MSS != (dataplane.Said[uint16]{Value: 1300, From: dataplane.Configured}) ||
		row.SACK != (dataplane.Said[bool]{From: dataplane.Configured}) ||
		row.Timestamps != (dataplane.Said[bool]{Value: true, From: dataplane.Learned}) {
		t.Errorf("shown is %+v", row)
	}
}

// A port that nobody has seen answer may be closed: one SYN goes through to it, then it is known.
func TestUnderActivationAlwaysAnUnknownServerIsAskedOnceAndAClosedPortAnswersForItself(t *testing.T) {
	t.Parallel()
	w := lab.WireForTest(t, lab.WireOptions{})
	startContent(t, w)
	d := startDaemon(t, w, configuration{always: true, servers: []string{}}, noLearning)
	for _, family := range families {
		before := d.status(t)
		for range 3 {
			if err := fetch(t.Context(), w, family, mega); err != nil {
				t.Fatal(err)
			}
		}
		wantSpliced(t, d, before, 2)
		wantAsked(t, d, before, 1)
		d.wait(t, "a closed port", func() (bool, error) {
			_, err := w.Curl(t.Context(), lab.URL(family, 81, "/"), 3)
			wantReset(t, err)
			closed := d.knownServers(t, "--server", serverOf(family).Addr().String())
			return len(closed) == 2 && closed[0].Closed && closed[0].Address.Port() == 81, nil
		})
	}
}
