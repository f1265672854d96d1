package cli

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gopacket/gopacket/pcapgo"

	"synscreen/pkg/control"
	"synscreen/pkg/dataplane"
	"synscreen/pkg/dataplane/userspace"
)

// looks is what a daemon has to show.
type looks struct {
	floods  control.FloodReport
	options []control.IDSOption
	filter  dataplane.TapFilter
	batches []control.TapBatch
	endErr  error // what a look ends with; nil: it waits for the client to go
}

func (l *looks) Floods(context.Context) (control.FloodReport, error) { return l.floods, nil }

func (l *looks) IDSOptions(context.Context, string) ([]control.IDSOption, error) {
	return l.options, nil
}

func (l *looks) Clear(_ context.Context, request control.ClearRequest) (control.ClearResult, error) {
	if request.Zone == "dmz" {
		return control.ClearResult{}, errors.New("clear the statistics: dmz: is no zone")
	}
	return control.ClearResult(request), nil
}

func (l *looks) Tap(ctx context.Context, filter dataplane.TapFilter, send func(control.TapBatch) error) error {
	l.filter = filter
	for _, batch := range append([]control.TapBatch{{}}, l.batches...) {
		if err := send(batch); err != nil {
			return err
		}
	}
	if l.endErr != nil {
		return l.endErr
	}
	<-ctx.Done()
	return nil
}

func sampleFloods() control.FloodReport {
	destination := func(address string, rate uint32) dataplane.Destination {
		return dataplane.Destination{
			Zone: "untrust", Address: netip.MustParseAddrPort(address), SynRate: rate, PeakRate: rate + 1,
			SYNs: 1002, Challenged: 1003, Valid: 1004, Invalid: 1005, Refused: 1006,
		}
	}
	flooding, calm := destination("[2001:db8::1]:443", 700), destination("203.0.113.1:80", 3)
	flooding.Flooding, flooding.For, flooding.Looks = true, 90*time.Second, dataplane.LooksSpoofed
	other := destination("203.0.113.2:80", 1)
	other.Zone = "dmz"
	return control.FloodReport{
		Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Floods: userspace.Floods{
			Zones: []dataplane.ZoneStatus{
				{Name: "trust"},
				{Name: "untrust", Profile: "web", Flooding: 1, FloodingFor: 90 * time.Second, SynRate: 703,
					Challenged: 11, CookiesValid: 12, CookiesInvalid: 13, Refused: 14,
					Symmetry: dataplane.SymmetryBoth, TwoWay: 15, OneWay: 16},
			},
			Destinations: []dataplane.Destination{flooding, calm, other},
			Sources: []dataplane.Source{
				{Zone: "untrust", Prefix: netip.MustParsePrefix("2001:db8:1::/64"), SYNs: 900},
				{Zone: "dmz", Prefix: netip.MustParsePrefix("192.0.2.0/24"), SYNs: 20},
			},
		},
	}
}

const untrustFlood = `Zone: untrust, screen: web
  State              flooding since 2026-01-02 03:02:35 UTC (1m30s)
  SYNs per second    703
  Challenges sent    11
  Cookies valid      12
  Cookies invalid    13
  Refused by budget  14
  Way back           by this wire (15 answers seen, 16 connections without one)

  Destination        SYN/s  Peak  SYNs  Challenged  Valid  Invalid  Refused  Looks like        State
  [2001:db8::1]:443  700    701   1002  1003        1004   1005     1006     spoofed           flooding since 2026-01-02 03:02:35 UTC (1m30s)
  203.0.113.1:80     3      4     1002  1003        1004   1005     1006     too early to say  calm

  Source prefix    SYNs, about
  2001:db8:1::/64  900
`

func TestShowFlowSynCookieTellsOfFloods(t *testing.T) {
	socket := serve(t, &canned{looks: looks{floods: sampleFloods()}})
	trust := `Zone: trust, screen: -
  State              calm
  SYNs per second    0
  Challenges sent    0
  Cookies valid      0
  Cookies invalid    0
  Refused by budget  0

`
	ask := []string{"show", "security", "flow", "syn-cookie", "--control-socket", socket}
	expect(t, outcome{Stdout: trust + untrustFlood}, ask...)
	expect(t, outcome{Stdout: untrustFlood}, append(ask, "zone", "untrust")...)
	expect(t, outcome{Code: 1, Stderr: "synscreen: show SYN cookies of zone x: no such zone; " +
		"the zones are [trust untrust]\n"}, append(ask, "zone", "x")...)
}

func TestShowFlowSynCookieTellsOfHostPorts(t *testing.T) {
	report := sampleFloods()
	report.Zones = []dataplane.ZoneStatus{{Name: "world", Profile: "web"}, {Name: "zoo"}}
	report.Hosts = []dataplane.HostPort{
		{Interface: "eth8", Zone: "other", Admission: dataplane.AdmissionReset},
		{Interface: "eth9", Zone: "world", Admission: dataplane.AdmissionKernel, Asked: 21, Admitted: 22,
			NotAdmitted: 23, KernelCookies: 24, Invalid: 25, Punted: 26},
	}
	socket := serve(t, &canned{looks: looks{floods: report}})
	const want = `Zone: world, screen: web
  State              calm
  SYNs per second    0
  Challenges sent    0
  Cookies valid      0
  Cookies invalid    0
  Refused by budget  0

  Host port  Admission  Asked  Admitted  Not admitted  Kernel's cookies  Invalid  Punted
  eth9       kernel     21     22        23            24                25       26
`
	expect(t, outcome{Stdout: want}, "show", "security", "flow", "syn-cookie", "zone", "world",
		"--control-socket", socket)
}

func TestShowFlowSynCookieTellsOfTenOfEach(t *testing.T) {
	report := sampleFloods()
	for range 20 {
		report.Destinations = append(report.Destinations, report.Destinations[0])
		report.Sources = append(report.Sources, report.Sources[0])
	}
	floods, err := selectFloods(report, "untrust")
	if err != nil || len(floods) != 1 || len(floods[0].Destinations) != 10 || len(floods[0].Sources) != 10 {
		t.Errorf("%+v, error %v", floods, err)
	}
}

func TestShowIDSOptionPrintsTheProfile(t *testing.T) {
	socket := serve(t, &canned{looks: looks{options: []control.IDSOption{{
		Name: "web", Description: "the servers", Zones: []string{"dmz", "untrust"}, AlarmWithoutDrop: true,
		Settings: []control.IDSSetting{
			{Name: "TCP winnuke", Value: "enabled"},
			{Name: "TCP SYN flood attack threshold", Value: "200", Unit: "SYNs/s"},
		},
		WhiteLists: []control.IDSWhiteList{{Name: "w", Sources: []string{"192.0.2.0/24", "2001:db8::/32"}}},
	}}}})
	expect(t, outcome{Stdout: `Screen object status: web, zones: dmz untrust
Description: the servers
Name                              Value
  TCP winnuke                     enabled
  TCP SYN flood attack threshold  200 SYNs/s
  Alarm without drop              enabled
  TCP SYN flood white-list w      from 192.0.2.0/24, 2001:db8::/32 to any
`}, "show", "security", "screen", "ids-option", "web", "--control-socket", socket)
}

func TestClearSaysWhatIsCleared(t *testing.T) {
	socket := serve(t, &canned{})
	ask := []string{"clear", "security", "screen", "statistics", "--control-socket", socket}
	expect(t, outcome{Stdout: "statistics of all zones are set to zero\n"}, ask...)
	expect(t, outcome{Stdout: "statistics of zone untrust are set to zero\n"}, append(ask, "zone", "untrust")...)
	expect(t, outcome{Code: 1, Stderr: "synscreen: clear the statistics: dmz: is no zone\n"}, append(ask, "zone", "dmz")...)
}

// tapped is a SYN that came in and the challenge that left.
func tapped(t *testing.T) []dataplane.TapFrame {
	t.Helper()
	syn, err := hex.DecodeString("02000000000202000000000108004500002800004000400600000a0000010a000002" +
		"03e80050112233440000000050020000" + "00000000")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.Local)
	return []dataplane.TapFrame{
		{Time: at, Interface: "eth1", Verdict: dataplane.Challenge, Reason: "reply_challenge", Length: 60, Data: syn},
		{Time: at.Add(time.Millisecond), Interface: "eth1", Side: dataplane.TapOut, Length: 58, Data: syn},
	}
}

func TestTraceTellsWhatBecomesOfFrames(t *testing.T) {
	for _, ends := range [][2]string{
		{"192.0.2.1:1000", "198.51.100.1:80"},
		{"[2001:db8::1]:1000", "[2001:db8::2]:80"},
	} {
		backend := &canned{looks: looks{
			batches: []control.TapBatch{{Frames: tapped(t), Lost: 2}}, endErr: userspace.ErrTapReplaced,
		}}
		expect(t, outcome{
			Code: 1,
			Stdout: `03:04:05.000006  eth1  in   challenge  reply_challenge
03:04:05.001006  eth1  out
`,
			Stderr: "frames between " + ends[0] + " and " + ends[1] + ", for 10 s\n" + `2 frames, 2 lost
synscreen: the daemon has ended the look at frames: another look at frames has begun, and there is one at a time
`,
		}, "trace", ends[0], ends[1], "--control-socket", serve(t, backend))
		want := dataplane.TapFilter{Tuple: &[2]netip.AddrPort{
			netip.MustParseAddrPort(ends[0]), netip.MustParseAddrPort(ends[1]),
		}}
		if diff := cmp.Diff(want, backend.filter, cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })); diff != "" {
			t.Errorf("filter (-want +got):\n%s", diff)
		}
	}
}

func TestTraceEndsInTime(t *testing.T) {
	socket := serve(t, &canned{})
	expect(t, outcome{Stderr: "frames between 192.0.2.1:1 and 192.0.2.2:2, for 1 s\n0 frames, 0 lost\n"},
		"trace", "192.0.2.1:1", "192.0.2.2:2", "--seconds", "1", "--control-socket", socket)
}

func TestTraceEndsWithItsContext(t *testing.T) {
	socket := serve(t, &canned{})
	ctx, stop := context.WithCancel(t.Context())
	defer time.AfterFunc(50*time.Millisecond, stop).Stop()
	var stdout, stderr bytes.Buffer
	code := Main(ctx, []string{"trace", "192.0.2.1:1", "192.0.2.2:2", "--control-socket", socket}, &stdout, &stderr)
	if code != 0 || !strings.HasSuffix(stderr.String(), "0 frames, 0 lost\n") {
		t.Errorf("code %d, %s", code, stderr.String())
	}
}

func TestLooksAtNothingAreErrorsOfUsage(t *testing.T) {
	for want, args := range map[string][]string{
		`"x": not an address and a port such as 192.0.2.1:80 or [2001:db8::1]:80`: {"trace", "x", "192.0.2.1:80"},
		"192.0.2.1 and 2001:db8::1 are not of one address family":                 {"trace", "192.0.2.1:1", "[2001:db8::1]:2"},
		"--seconds 0: from 1 to 86400 is possible":                                {"trace", "192.0.2.1:1", "192.0.2.1:2", "--seconds", "0"},
		"--count -1: 0, for no bound, or more is possible":                        {"monitor", "traffic", "interface", "e", "--count", "-1"},
		"traffic takes `interface INTERFACE [write-file FILE]`, not [\"eth1\"]":   {"monitor", "traffic", "eth1"},
		`unknown word "x" after "synscreen monitor": one of traffic is known`:     {"monitor", "x"},
		"syn-cookie takes nothing or `zone ZONE`, not [\"untrust\"]": {
			"show", "security", "flow", "syn-cookie", "untrust"},
	} {
		expectUsage(t, want, args...)
	}
}

func TestMonitorTrafficPrintsFrames(t *testing.T) {
	backend := &canned{looks: looks{batches: []control.TapBatch{{Frames: tapped(t)}}}}
	socket := serve(t, backend)
	expect(t, outcome{
		Stdout: `03:04:05.000006  eth1  in   challenge  reply_challenge  10.0.0.1:1000 > 10.0.0.2:80 S, length 60
03:04:05.001006  eth1  out  10.0.0.1:1000 > 10.0.0.2:80 S, length 58
`,
		Stderr: "frames of eth1\n2 frames, 0 lost\n",
	}, "monitor", "traffic", "interface", "eth1", "--count", "2", "--control-socket", socket)
	if want := (dataplane.TapFilter{Interface: "eth1", SnapLength: 256}); backend.filter != want {
		t.Errorf("filter %+v", backend.filter)
	}
}

// openCapture opens a pcapng file until the test's end.
func openCapture(t testing.TB, path string) *pcapgo.NgReader {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	reader, err := pcapgo.NewNgReader(file, pcapgo.DefaultNgReaderOptions)
	if err != nil {
		t.Fatal(err)
	}
	return reader
}

func TestMonitorTrafficWritesAFile(t *testing.T) {
	backend := &canned{looks: looks{batches: []control.TapBatch{{Frames: tapped(t)}}}}
	socket, path := serve(t, backend), filepath.Join(t.TempDir(), "f.pcapng")
	expect(t, outcome{Stderr: "frames of eth1, to " + path + "\n2 frames, 0 lost\n"},
		"monitor", "traffic", "interface", "eth1", "write-file", path, "--count", "2", "--control-socket", socket)
	reader := openCapture(t, path)
	for i, want := range [][]string{{"challenge reply_challenge"}, nil} {
		data, info, options, err := reader.ReadPacketDataWithOptions()
		sent := tapped(t)[i]
		if err != nil || !bytes.Equal(data, sent.Data) || info.Length != int(sent.Length) || !info.Timestamp.Equal(sent.Time) {
			t.Errorf("frame %d: %x, %+v, error %v", i, data, info, err)
		}
		if diff := cmp.Diff(want, options.Comments); diff != "" {
			t.Errorf("frame %d: comments (-want +got):\n%s", i, diff)
		}
		direction := pcapgo.NgEpbFlagDirectionInbound
		if i == 1 {
			direction = pcapgo.NgEpbFlagDirectionOutbound
		}
		if options.Flags == nil || options.Flags.Direction != direction {
			t.Errorf("frame %d: flags %+v", i, options.Flags)
		}
	}
	if itf, err := reader.Interface(0); err != nil || itf.Name != "eth1" {
		t.Errorf("interface %+v, error %v", itf, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, error %v", info.Mode(), err)
	}
}

// A look that does not begin costs nobody the capture that he has.
func TestMonitorTrafficLeavesAFileAloneUntilItBegins(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f.pcapng")
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	got := command(t, "monitor", "traffic", "interface", "eth9", "write-file", path,
		"--control-socket", filepath.Join(t.TempDir(), "none"))
	if got.Code != 1 {
		t.Errorf("%+v", got)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "precious" {
		t.Errorf("the file has %q, error %v", text, err)
	}
}

func TestMonitorTrafficSaysThatAFileCannotBeWritten(t *testing.T) {
	socket := serve(t, &canned{looks: looks{batches: []control.TapBatch{{Frames: tapped(t)}}}})
	path := filepath.Join(t.TempDir(), "none", "f.pcapng")
	got := command(t, "monitor", "traffic", "interface", "eth1", "write-file", path, "--control-socket", socket)
	if got.Code != 1 || !strings.Contains(got.Stderr, "write frames: open "+path) {
		t.Errorf("%+v", got)
	}
}

func TestMonitorPrintsALineForEachZone(t *testing.T) {
	socket := serve(t, &canned{looks: looks{floods: sampleFloods()}})
	expect(t, outcome{Stdout: `03:04:05  trust  calm  0 SYN/s  challenged 0  valid 0  invalid 0  refused 0
03:04:05  untrust  flooding  703 SYN/s  challenged 11  valid 12  invalid 13  refused 14  [2001:db8::1]:443 700/s spoofed
`}, "monitor", "--count", "1", "--control-socket", socket)
}

func TestMonitorRedrawsATerminal(t *testing.T) {
	var stdout bytes.Buffer
	a := &app{stdout: &stdout, socket: serve(t, &canned{looks: looks{floods: sampleFloods()}})}
	if err := a.monitor(t.Context(), 2, true); err != nil {
		t.Fatal(err)
	}
	pages := strings.Split(stdout.String(), "\x1b[H\x1b[J")
	if len(pages) != 3 || pages[0] != "" || pages[1] != pages[2] ||
		!strings.HasPrefix(pages[1], "2026-01-02 03:04:05 UTC, Ctrl-C ends\n\nZone: trust") ||
		!strings.HasSuffix(pages[1], untrustFlood) {
		t.Errorf("%d pages: %q", len(pages), pages)
	}
}
