package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"synscreen/pkg/control"
	"synscreen/pkg/daemon"
	"synscreen/pkg/dataplane"
	"synscreen/pkg/dataplane/userspace"
)

// canned is a daemon that always says the same.
type canned struct {
	report control.CapabilityReport
	status dataplane.Status
	keys   control.KeyReport
	refuse error // what changes of the master key end with
	change dataplane.KeyChange
	commits
	looks
	sessions
}

func (c *canned) ChangeKey(_ context.Context, change dataplane.KeyChange) (control.KeyReport, error) {
	c.change = change
	return c.keys, c.refuse
}

func (c *canned) Capabilities(context.Context) (control.CapabilityReport, error) {
	return c.report, nil
}

func (c *canned) Status(context.Context) (dataplane.Status, error) { return c.status, nil }

// serve answers on a socket until the test ends.
func serve(t *testing.T, backend control.Backend) (socket string) {
	t.Helper()
	socket = filepath.Join(t.TempDir(), "s")
	listener, err := control.Listen(socket)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- control.Serve(ctx, listener, backend, slog.New(slog.DiscardHandler)) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return socket
}

// outcome is what a command left behind.
type outcome struct {
	Code           int
	Stdout, Stderr string
}

func command(t *testing.T, args ...string) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := Main(t.Context(), args, &stdout, &stderr)
	return outcome{Code: code, Stdout: stdout.String(), Stderr: stderr.String()}
}

func expect(t *testing.T, want outcome, args ...string) {
	t.Helper()
	if diff := cmp.Diff(want, command(t, args...)); diff != "" {
		t.Errorf("synscreen %s (-want +got):\n%s", strings.Join(args, " "), diff)
	}
}

// expectUsage runs a command that is wrong: it says what is, and names the help of the command it got to.
func expectUsage(t *testing.T, want string, args ...string) {
	t.Helper()
	line := "synscreen " + strings.Join(args, " ")
	got := command(t, args...)
	path, found := strings.CutPrefix(got.Stderr, "synscreen: "+want+"; see ")
	path, ended := strings.CutSuffix(path, " --help\n")
	if got.Code != 2 || got.Stdout != "" || !found || !ended || !strings.HasPrefix(line+" ", path+" ") {
		t.Errorf("%s: got %+v, want %q and the command's help", line, got, want)
	}
}

func TestUsageErrorsNameTheHelpOfTheirCommand(t *testing.T) {
	for want, args := range map[string][]string{
		"synscreen":                            {"bogus"},
		"synscreen check":                      {"check"},
		"synscreen run":                        {"run", "--bogus"},
		"synscreen show security flow":         {"show", "security", "flow", "x"},
		"synscreen show security flow session": {"show", "security", "flow", "session", "x"},
		"synscreen commit confirmed":           {"commit", "confirmed", "soon", "f"},
		"synscreen monitor traffic":            {"monitor", "traffic"},
	} {
		got := command(t, args...)
		if !strings.HasSuffix(got.Stderr, "; see "+want+" --help\n") {
			t.Errorf("%v: %q", args, got.Stderr)
		}
		if help := command(t, append(strings.Fields(want)[1:], "--help")...); help.Code != 0 {
			t.Errorf("%s --help: %+v", want, help)
		}
	}
}

func TestNothingToShowSaysWhereToLook(t *testing.T) {
	socket := serve(t, &canned{})
	const hint = "there is nothing to show; `synscreen show capabilities` says what runs\n"
	for _, words := range []string{"show ports", "show wires", "show counters", "show security screen statistics",
		"show security flow syn-cookie", "monitor --count 1"} {
		args := append(strings.Fields(words), "--control-socket", socket)
		if got := command(t, args...); got.Code != 0 || got.Stderr != hint {
			t.Errorf("%s: %+v", words, got)
		}
		if words == "monitor --count 1" {
			continue
		}
		if got := command(t, append(args, "--json")...); got.Code != 0 || got.Stderr != "" {
			t.Errorf("%s --json: %+v", words, got)
		}
	}
}

func write(t *testing.T, text string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "f.conf")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestUsageErrorsExitWith2(t *testing.T) {
	for want, args := range map[string][]string{
		`"synscreen" needs one more word: check, clear, commit, compare, cookie, detach, monitor, replay, request, rollback, run, show, trace, version`: {},
		`unknown word "bogus" after "synscreen": one of check, clear, commit, compare, cookie, detach, monitor, replay, request, rollback, run, show, trace, version is known`: {
			"bogus"},
		`unknown word "x" after "synscreen show security": one of flow, screen, syn-cookie is known`: {"show", "security", "x"},
		`unknown flag: --bogus`:                                            {"check", "--bogus", "f"},
		`an argument is missing; write: synscreen check FILE`:              {"check"},
		`"f" is one argument too many; write: synscreen run --config FILE`: {"run", "--config", "f", "f"},
		`"na1" is one argument too many; write: synscreen show counters`:   {"show", "counters", "na1"},
		`--flows 1000: a power of two from 1024 to 16777216 is possible`:   {"run", "--config", "f", "--flows", "1000"},
		`--flows 33554432: a power of two from 1024 to 16777216 is possible`: {
			"run", "--config", "f", "--flows", "33554432"},
		`--frames 1024: a power of two from 2048 to 262144 is possible`: {"run", "--config", "f", "--frames", "1024"},
		`--busy-poll 1.5µs: whole microseconds from 0 to 1s are possible`: {
			"run", "--config", "f", "--busy-poll", "1500ns"},
		`--busy-poll 2s: whole microseconds from 0 to 1s are possible`: {"run", "--config", "f", "--busy-poll", "2s"},
		`--chunk-size 9000: 2048 or 4096 is possible`:                  {"run", "--config", "f", "--chunk-size", "9000"},
		`--learning-seconds 3601: from 0 to 3600 is possible`:          {"run", "--config", "f", "--learning-seconds", "3601"},
		`--count x: not a whole number`:                                {"monitor", "--count", "x"},
		`--flows 5000000000: the number is too large`:                  {"run", "--config", "f", "--flows", "5000000000"},
		`required flag(s) "config" not set`:                            {"run"},
		"statistics takes nothing, `zone ZONE` or `interface INTERFACE`, not [\"zone\"]": {
			"show", "security", "screen", "statistics", "zone"},
		`invalid argument "x" for "--client" flag: not a prefix such as 192.0.2.0/24`: {
			"show", "security", "flow", "session", "--client", "x"},
		`--limit -1: from 0 to 100000 is possible`: {"show", "security", "flow", "session", "--limit", "-1"},
		`invalid argument "x" for "--attach" flag: one of native, generic is known`: {
			"run", "--config", "f", "--attach", "x"},
	} {
		expectUsage(t, want, args...)
	}
}

func TestEveryCommandTakesTheControlSocket(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	want := outcome{Code: 1, Stderr: "synscreen: no daemon answers at " + socket +
		"; start one with `synscreen run --config FILE`, or name its socket with --control-socket\n"}
	file := write(t, "")
	for _, args := range [][]string{
		{"show", "capabilities"}, {"show", "ports"}, {"show", "wires"}, {"show", "counters"},
		{"show", "security", "screen", "statistics"}, {"show", "security", "flow", "session"},
		{"show", "security", "syn-cookie"}, {"commit", file},
		{"show", "security", "flow", "syn-cookie"}, {"show", "security", "screen", "ids-option", "web"},
		{"clear", "security", "screen", "statistics"}, {"clear", "security", "flow", "session", "all"},
		{"show", "security", "flow", "server-profile"}, {"clear", "security", "flow", "server-profile"}, {"monitor"}, {"monitor", "traffic", "interface", "eth1"},
		{"trace", "192.0.2.1:1000", "198.51.100.1:80"},
		{"commit"}, {"commit", "confirmed", file}, {"rollback", "1"}, {"compare"}, {"compare", file},
		{"compare", "rollback", "2"}, {"show", "configuration"}, {"show", "system", "commit"},
		{"show", "system", "rollback", "1"}, {"show", "system", "handover"},
		{"request", "security", "syn-cookie", "stage-key", file},
		{"request", "security", "syn-cookie", "activate-key"}, {"request", "security", "syn-cookie", "rotate-key"},
	} {
		expect(t, want, append(args, "--control-socket", socket)...)
	}
	for _, args := range [][]string{{"version"}, {"help"}, {"help", "security"}} {
		if got := command(t, append(args, "--control-socket", socket)...); got.Code != 0 {
			t.Errorf("%v: %+v", args, got)
		}
	}
}

func TestCheckOfAValidFileSumsItUp(t *testing.T) {
	path := write(t, "set system dataplane-type userspace\n")
	expect(t, outcome{Stdout: "configuration is valid: 0 wires, 0 zones, 0 profiles with a SYN-flood screen; " +
		"syn-flood-protection-mode unset\n"}, "check", path)
}

func TestCheckListsEveryError(t *testing.T) {
	path := write(t, "set system dataplane-type userspace\nset sistem x\nset security zonez\n")
	got := command(t, "check", path)
	lines := strings.Split(strings.TrimSpace(got.Stderr), "\n")
	if got.Code != 1 || got.Stdout != "" || len(lines) != 2 ||
		!strings.HasPrefix(lines[0], path+":2:5: ") || !strings.HasPrefix(lines[1], path+":3:") {
		t.Errorf("%+v", got)
	}
}

func TestCheckCountsHostPorts(t *testing.T) {
	path := write(t, "set system dataplane-type userspace\nset security zones security-zone z interfaces [ eth0 eth1 ]\n")
	expect(t, outcome{Stdout: "configuration is valid: 0 wires, 2 host ports, 1 zone, 0 profiles with a SYN-flood " +
		"screen; syn-flood-protection-mode unset\n"}, "check", path)
}

func TestCheckRefusesWhatNoEngineDoes(t *testing.T) {
	path := write(t, "set system dataplane-type userspace\n"+
		"set security flow syn-flood-protection-mode syn-proxy\n")
	expect(t, outcome{Code: 1, Stderr: path + ":2:19: security flow syn-flood-protection-mode: syn-proxy is " +
		"not available: the userspace dataplane keeps no half-open proxy state; use syn-cookie\n"}, "check", path)
}

func TestShowCapabilitiesTellsProofsAndRefusal(t *testing.T) {
	proved := dataplane.Capabilities{
		Mint:     dataplane.Proof{Answer: dataplane.Yes},
		Validate: dataplane.Proof{Answer: dataplane.No, Reason: "vector 1 differs"},
		Splice:   dataplane.Proof{Answer: dataplane.Yes},
		Keyset:   dataplane.Proof{Answer: dataplane.Yes},
		Ports: []dataplane.PortProof{{
			Interface: "eth1", Transmit: dataplane.Proof{Reason: "the link is down"},
			Answer: dataplane.Proof{Answer: dataplane.Yes},
			Pass:   dataplane.Proof{Answer: dataplane.No, Reason: "eth2 takes nothing"},
		}, {
			Interface: "eth3", Transmit: dataplane.Proof{Answer: dataplane.Yes},
		}},
	}
	refused := &userspace.Rejection{
		Source: "b.conf", At: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Proved: &proved,
		Refusals: []userspace.Refusal{{Path: "security flow", Reason: "no", Remedy: "mend it"}},
	}
	const table = `
Capability  Interface  Proved
mint                   yes
validate               no: vector 1 differs
splice                 yes
keyset                 yes
tx          eth1       could not tell: the link is down
answer      eth1       yes
pass        eth1       no: eth2 takes nothing
tx          eth3       yes
`
	const hostTable = `
Capability        Interface  Proved
mint                         could not tell
validate                     could not tell
splice                       could not tell
keyset                       could not tell
kernel_admission             no: net.ipv4.tcp_syncookies is 0
kernel_cookies               yes
`
	const last = "\nLast refused: b.conf, at 2026-01-02T03:04:05Z\nsecurity flow: no; mend it\n"
	for _, test := range []struct {
		name   string
		report control.CapabilityReport
		want   string
	}{
		{"running", control.CapabilityReport{
			Running:      userspace.Running{Source: "a.conf", Generation: 3, Mode: dataplane.ModeSynCookie},
			Capabilities: proved,
		}, "Running a.conf: generation 3, mode syn-cookie\n" + table},
		{"refused at the start", control.CapabilityReport{LastRefusal: refused},
			"No configuration is running: traffic passes as each wire's on-failure says, " +
				"where a bridge could be made, and by every host port\n" + table + last},
		{"with host ports", control.CapabilityReport{
			Running: userspace.Running{Source: "a.conf", Generation: 3, Mode: dataplane.ModeSynCookie},
			Capabilities: dataplane.Capabilities{
				KernelAdmission: dataplane.Proof{Answer: dataplane.No, Reason: "net.ipv4.tcp_syncookies is 0"},
				KernelCookies:   dataplane.Proof{Answer: dataplane.Yes},
			},
		}, "Running a.conf: generation 3, mode syn-cookie\n" + hostTable},
	} {
		t.Run(test.name, func(t *testing.T) {
			socket := serve(t, &canned{report: test.report})
			expect(t, outcome{Stdout: test.want}, "show", "capabilities", "--control-socket", socket)
		})
	}
}

// numbered counts each screen with a number of its own.
func numbered() []uint64 {
	counts := make([]uint64, dataplane.ScreenCount)
	for i := range counts {
		counts[i] = uint64(101 + i)
	}
	return counts
}

func sampleStatus() dataplane.Status {
	return dataplane.Status{
		Ports: []dataplane.PortStatus{
			{
				Interface: "eth1", Peer: "eth2", Wire: "w1", Zone: "untrust", State: dataplane.PortPublished,
				MTU: 1500, Queues: 2, Carrier: true, Native: true, RxFrames: 100, TxFrames: 50, KernelRxDropped: 3,
				Frames: []dataplane.ReasonCount{
					{Reason: "forward_flow", Verdict: dataplane.Forward, Frames: 40},
					{Reason: "reply_challenge", Verdict: dataplane.Reply, Frames: 50},
					{Reason: "drop_reply_budget", Verdict: dataplane.Drop, Frames: 2},
					{Reason: "drop_source_threshold", Verdict: dataplane.Drop},
				},
				Shim: []dataplane.ShimCount{{Counter: "shim_to_engine", Frames: 100},
					{Counter: "shim_challenged", Frames: 1000}, {Counter: "shim_cookie_invalid", Frames: 20},
					{Counter: "shim_forwarded_flow", Frames: 3000}, {Counter: "shim_reply_rate", Frames: 4}},
				Offload: dataplane.OffloadAll,
			},
			{Interface: "eth2", Peer: "eth1", Wire: "w1", Zone: "trust", HeldDown: true,
				OffloadReason: "the program is not attached alone",
				Shim:          []dataplane.ShimCount{{Counter: "shim_to_engine"}, {Counter: "shim_host_asked"}}},
			{Interface: "eth3", Zone: "world", Host: true, Admission: dataplane.AdmissionKernel,
				State: dataplane.PortPublished, MTU: 1500, Queues: 1, Carrier: true, Native: true, RxFrames: 60,
				Shim: []dataplane.ShimCount{
					{Counter: "shim_host_calm", Frames: 6}, {Counter: "shim_host_asked", Frames: 7}}},
		},
		Wires: []dataplane.WireStatus{{Name: "w1", Ports: [2]string{"eth1", "eth2"}, Bridge: "ssb-w1"}},
		Zones: []dataplane.ZoneStatus{
			{Name: "trust"},
			{Name: "untrust", Profile: "web", Flooding: 1, FloodingFor: 90 * time.Second, SynRate: 700,
				Alarms: 5, Attacks: 1, Challenged: 52, CookiesValid: 9, CookiesInvalid: 8, Refused: 2, IDs: numbered()},
		},
	}
}

func TestShowPrintsTables(t *testing.T) {
	socket := serve(t, &canned{status: sampleStatus()})
	for want, args := range map[string][]string{
		`Port  Peer  Wire  Zone     Admission  State      Link       MTU   Queues  XDP      Memory  Program  Rx frames  Tx frames  Lost
eth1  eth2  w1    untrust  -          published  up         1500  2       native   copy    alone    100        50         3
eth2  eth1  w1    trust    -          free       held down  0     0       generic  copy    alone    0          0          0
eth3  -     host  world    kernel     published  up         1500  1       native   copy    alone    60         0          0

Port  By      Challenges  Invalid cookies  Flow segments  Over reply rate  Does
eth1  driver  1000        20               3000           4                answer, check, pass
eth1  engine  50          0                40             0                the rest
eth2  driver  0           0                0              0                nothing: the program is not attached alone
eth2  engine  0           0                0              0                all
eth3  driver  0           0                0              0                nothing: it is not asked to
eth3  engine  0           0                0              0                all
`: {"show", "ports"},
		`Wire  Ports      On failure  Bridge
w1    eth1 eth2  open        ssb-w1
`: {"show", "wires"},
		`Port  Verdict  Counter              Count
eth1  -        rx_frames            100
eth1  -        tx_frames            50
eth1  lost     kernel_rx_dropped    3
eth1  forward  forward_flow         40
eth1  reply    reply_challenge      50
eth1  drop     drop_reply_budget    2
eth1  shim     shim_to_engine       100
eth1  shim     shim_challenged      1000
eth1  shim     shim_cookie_invalid  20
eth1  shim     shim_forwarded_flow  3000
eth1  shim     shim_reply_rate      4
`: {"show", "counters", "--port", "eth1"},
		`Port  Verdict  Counter             Count
eth2  -        rx_frames           0
eth2  -        rx_bytes            0
eth2  -        tx_frames           0
eth2  -        tx_bytes            0
eth2  -        replies_in_reserve  0
eth2  lost     kernel_rx_dropped   0
eth2  lost     kernel_syn_dropped  0
eth2  -        kernel_fill_empty   0
eth2  shim     shim_to_engine      0
`: {"show", "counters", "--port", "eth2", "--all"},
		`Port  Verdict  Counter          Count
eth3  -        rx_frames        60
eth3  shim     shim_host_calm   6
eth3  shim     shim_host_asked  7
`: {"show", "counters", "--port", "eth3"},
		`Zone: untrust, screen: web
IDS attack type                  Statistics
  ICMP flood                     101
  UDP flood                      102
  TCP winnuke                    103
  TCP port scan                  104
  UDP port scan                  105
  ICMP address sweep             106
  TCP sweep                      107
  UDP sweep                      108
  IP tear drop                   109
  TCP SYN flood                  110
  SYN flood source               111
  SYN flood destination          112
  ICMP ping of death             113
  IP source route option         114
  TCP land attack                115
  TCP SYN fragment               116
  TCP no flag                    117
  IP unknown protocol            118
  IP bad options                 119
  IP record route option         120
  IP timestamp option            121
  IP security option             122
  IP loose source route option   123
  IP strict source route option  124
  IP stream option               125
  ICMP fragment                  126
  ICMP large packet              127
  TCP SYN FIN                    128
  TCP FIN no ACK                 129
  Source session limit           130
  Destination session limit      131
  TCP SYN-ACK-ACK proxy          132
  IP block fragment              133
  IPv6 extension header          134
  IPv6 extension header limit    135
  IPv6 malformed header          136
  ICMPv6 malformed packet        137
  Challenges sent                52
  Cookies valid                  9
  Cookies invalid                8
  Refused by budget              2
  SYN alarms                     5
  Attacks                        1
  State                          flooding for 1m30s
  SYNs per second                700
`: {"show", "security", "screen", "statistics", "interface", "eth1"},
	} {
		expect(t, outcome{Stdout: want}, append(args, "--control-socket", socket)...)
	}
}

func TestShowOfSomethingUnknownNamesWhatThereIs(t *testing.T) {
	socket := serve(t, &canned{status: sampleStatus()})
	for want, args := range map[string][]string{
		"show counters of port eth9: no such port; the ports are [eth1 eth2 eth3]": {"show", "counters", "--port", "eth9"},
		"show statistics of zone dmz: no such zone; the zones are [trust untrust]": {
			"show", "security", "screen", "statistics", "zone", "dmz"},
		"show statistics of interface eth9: no such port; the ports are [eth1 eth2 eth3]": {
			"show", "security", "screen", "statistics", "interface", "eth9"},
	} {
		expect(t, outcome{Code: 1, Stderr: "synscreen: " + want + "\n"}, append(args, "--control-socket", socket)...)
	}
}

func TestShowPrintsJSON(t *testing.T) {
	socket := serve(t, &canned{status: sampleStatus(), sessions: sessions{flows: control.FlowReport{Flows: []dataplane.FlowRow{}}}})
	for _, args := range [][]string{
		{"show", "capabilities"}, {"show", "ports"}, {"show", "wires"}, {"show", "counters"},
		{"show", "security", "screen", "statistics"}, {"show", "security", "flow", "session"},
		{"show", "security", "syn-cookie"}, {"request", "security", "syn-cookie", "rotate-key"}, {"version"},
		{"show", "security", "flow", "syn-cookie"}, {"show", "security", "screen", "ids-option", "web"},
		{"clear", "security", "screen", "statistics"}, {"show", "security", "flow", "server-profile"},
		{"clear", "security", "flow", "server-profile"}, {"clear", "security", "flow", "session", "all"},
		{"commit"}, {"compare"}, {"show", "configuration"}, {"show", "system", "commit"},
		{"show", "system", "rollback", "1"},
	} {
		got := command(t, append(args, "--json", "--control-socket", socket)...)
		if got.Code != 0 || got.Stderr != "" || !json.Valid([]byte(got.Stdout)) {
			t.Errorf("%v: %+v", args, got)
		}
	}
}

func TestDetachRefusesWhileADaemonLives(t *testing.T) {
	dir := t.TempDir()
	state, err := daemon.HoldStateDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer state.Release()
	expect(t, outcome{Code: 1, Stderr: "synscreen: lock the state directory " + dir +
		": a running daemon holds it; stop that one or name another with --state-dir\n"},
		"detach", "--state-dir", dir)
}

func TestDetachWithoutAStateDirSaysSo(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "none")
	expect(t, outcome{Code: 1, Stderr: "synscreen: detach: there is no state directory " + dir +
		"; name it with --state-dir\n"}, "detach", "--state-dir", dir)
}

func TestManWritesAPageForEachCommand(t *testing.T) {
	dir := t.TempDir()
	if got := command(t, "man", dir); got.Code != 0 {
		t.Fatalf("%+v", got)
	}
	for _, page := range []string{"synscreen.8", "synscreen-run.8", "synscreen-show-security-flow-session.8"} {
		if _, err := os.Stat(filepath.Join(dir, page)); err != nil {
			t.Error(err)
		}
	}
}
