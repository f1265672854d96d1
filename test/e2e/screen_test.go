package e2e

import (
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"synscreen/pkg/dataplane"
	"synscreen/test/lab"
)

// Each screen through a real wire: what it is for is counted by its own row and reason, as often as it came,
// and does not come out at the other end, but under alarm-without-drop does; what is nearly that passes and
// counts nothing. The table is in screenrow_test.go.

// shot is what is sent: a frame that the test forges, or what a program sends, which is known in number.
type shot struct {
	frame  []byte
	hit    bool   // the screen is for it
	asks   bool   // the protected side sends it
	mended []byte // what arrives of one that is mended

	role    string   // the program is a role of this binary
	program []string // and its arguments
	hits    int      // frames of a program that the screen is for
	passes  int      // those that pass, whatever the screen does
	follows int      // that the program sends for each hit that got through
}

// screening is one row: a screen, and what is sent in its order: what it is for, and what is nearly that.
type screening struct {
	name   string
	screen dataplane.Screen // screenNone: no row, a reason alone
	reason string           // under which a frame is not forwarded; none: it is mended and goes on
	early  bool             // it counts by the second: all of it must come in one
	shots  func(k kit) []shot
}

const (
	screenNone    = dataplane.Screen(-1)
	screenClients = 8
)

// screenGroup are screens that do not meet each other's frames, armed together.
type screenGroup struct {
	profile []string // statements below the profile
	rest    []string // other statements
	rows    []screening
}

// configuration is the group's, as text. Segments of no connection pass.
func (g screenGroup) configuration(dry bool) string {
	lines := []string{
		"system dataplane-type userspace",
		"security flow syn-flood-protection-mode syn-cookie",
		"security flow tcp-session no-syn-check",
		"security zones security-zone untrust screen web",
		"security zones security-zone untrust interfaces " + lab.OuterDev,
		"security zones security-zone trust interfaces " + lab.InnerDev,
		fmt.Sprintf("security forwarding-options secure-wire w1 interface [ %s %s ]", lab.OuterDev, lab.InnerDev),
	}
	for _, line := range g.profile {
		lines = append(lines, "security screen ids-option web "+line)
	}
	if dry {
		lines = append(lines, "security screen ids-option web alarm-without-drop")
	}
	lines = append(lines, offloadStatements("")...)
	return "set " + strings.Join(append(lines, g.rest...), "\nset ") + "\n"
}

// tally is what has been counted.
type tally struct {
	ids     map[dataplane.Screen]uint64
	stopped map[string]uint64 // by reason: all that were not forwarded
	total   map[string]uint64 // by port: all frames
}

func (d *daemon) tally(t testing.TB) tally {
	t.Helper()
	s := d.status(t)
	c := tally{ids: map[dataplane.Screen]uint64{}, stopped: map[string]uint64{}, total: map[string]uint64{}}
	for screen, n := range zone(t, s, "untrust").IDs {
		c.ids[dataplane.Screen(screen)] = n
	}
	for _, p := range s.Ports {
		for _, r := range fates(p) {
			c.total[p.Interface] += r.Frames
			if p.Interface == lab.OuterDev && r.Verdict != dataplane.Forward {
				c.stopped[r.Reason] = r.Frames
			}
		}
	}
	return c
}

// grown are the counts that have grown, and by how much.
func grown[K comparable](before, now map[K]uint64) map[K]uint64 {
	more := map[K]uint64{}
	for key, n := range now {
		if n != before[key] {
			more[key] = n - before[key]
		}
	}
	return more
}

// since is what has been counted after an earlier tally.
func (c tally) since(before tally) tally {
	return tally{grown(before.ids, c.ids), grown(before.stopped, c.stopped), grown(before.total, c.total)}
}

// screenLab is the wire on which the table is tried.
type screenLab struct {
	w        *lab.WireLab
	d        *daemon
	listener *lab.Process
	heard    int // lines, the first of which is a greeting, of the listener that have been looked at
	steps    int
	hits     map[dataplane.Screen]uint64 // since the statistics were cleared
}

func startScreenLab(t testing.TB) *screenLab {
	t.Helper()
	w := lab.WireForTest(t, lab.WireOptions{Clients: screenClients})
	startContent(t, w)
	// who listens for multicast says so, behind an extension header
	_, err := w.LAN.Run(t.Context(), "nft", "table bridge quiet { chain reports { "+
		"type filter hook forward priority 0; ether daddr 33:33:00:00:00:16 drop; }; }")
	if err != nil {
		t.Fatal(err)
	}
	// behind the server is a network in which nobody answers; the attacker may be whom it likes
	dark := []string{"route add " + darkNet4 + " via " + lab.ServerAddr4 + " dev eth0",
		"route add " + darkNet6 + " via " + lab.ServerAddr6 + " dev eth0"}
	err = errors.Join(w.Client.IP(t.Context(), dark...),
		w.Attacker.IP(t.Context(), append(dark, "route add local "+forgedNet4+" dev lo")...))
	if err != nil {
		t.Fatal(err)
	}
	d := startDaemon(t, w, configuration{}, noLearning)
	return &screenLab{w: w, d: d, listener: startListening(t, w.Server), heard: 1}
}

// arrivals are the attacker's and the clients' frames that have come to the server since the last step, and how
// many lines the listener has.
func (l *screenLab) arrivals() (frames []string, heard int) {
	lines := strings.Split(l.listener.Stdout(), "\n")
	heard = len(lines) - 1 // the last is not whole
	for _, line := range lines[l.heard:heard] {
		from := line[12:24]
		if from == hexMAC(lab.AttackerMAC) || from == hexMAC(lab.ClientMAC) {
			frames = append(frames, line)
		}
	}
	return frames, heard
}

func hexMAC(mac string) string { return strings.ReplaceAll(mac, ":", "") }

// waitEarly waits for the first part of a second of the engine's, and says which it is.
func waitEarly(t testing.TB) int64 {
	t.Helper()
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		t.Fatal(err)
	}
	if left := time.Second - time.Duration(now.Nsec); left < 700*time.Millisecond {
		time.Sleep(left)
	}
	return monotonicSecond(t)
}

// send sends shots, frames that follow each other by one process. It returns the programs that are to be ended.
func (l *screenLab) send(t testing.TB, shots []shot) (programs []*lab.Process) {
	t.Helper()
	for i := 0; i < len(shots); {
		first, lines := i, strings.Builder{}
		for ; i < len(shots) && shots[i].frame != nil && shots[i].asks == shots[first].asks; i++ {
			fmt.Fprintln(&lines, hex.EncodeToString(shots[i].frame))
		}
		if i > first {
			l.sendLines(t, shots[first].asks, lines.String())
			continue
		}
		if p := l.start(t, shots[i]); shots[i].role == "" {
			programs = append(programs, p)
		}
		i++
	}
	return programs
}

// sendLines sends frames; the server's are waited for, as what comes after them may depend on them.
func (l *screenLab) sendLines(t testing.TB, asks bool, lines string) {
	t.Helper()
	from := l.w.Attacker
	if asks {
		from = l.w.Server
	}
	before := l.d.tally(t).total[lab.InnerDev]
	path := filepath.Join(l.w.Dir(), "shots")
	if err := os.WriteFile(path, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	sender, err := from.StartRole("send", lab.EndDev, path)
	if err == nil {
		err = sender.Wait(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	if asks {
		l.d.wait(t, "the server's frames", func() (bool, error) {
			return l.d.tally(t).total[lab.InnerDev] >= before+uint64(strings.Count(lines, "\n")), nil
		})
	}
}

func (l *screenLab) start(t testing.TB, s shot) (p *lab.Process) {
	t.Helper()
	var err error
	if s.role != "" {
		p, err = l.w.Client.StartRole(s.role, s.program...)
	} else {
		p, err = l.w.Attacker.Start(s.program...)
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// expected is what must come of shots.
type expected struct {
	hits, passes int
	stopped      bool     // the hits are
	frames       []string // those known that must arrive; programs' are not known
}

// expect counts what must come of shots.
func expect(shots []shot, dry, mends bool) (e expected) {
	e.stopped = !dry && !mends
	for _, s := range shots {
		if s.asks {
			continue
		}
		if s.frame == nil {
			e.hits += s.hits
			e.passes += s.passes
			if !e.stopped {
				e.passes += s.hits * (1 + s.follows)
			}
			continue
		}
		arrives := s.frame
		if s.hit {
			e.hits++
			switch {
			case e.stopped:
				continue
			case !dry:
				arrives = s.mended
			}
		}
		e.passes++
		e.frames = append(e.frames, hex.EncodeToString(arrives))
	}
	return e
}

// try is one row over one family.
func (l *screenLab) try(t *testing.T, r screening, family int, dry bool) {
	const triesMax = 10
	for tries := 1; ; tries++ {
		l.steps++
		shots := r.shots(kit{family: family, n: l.steps})
		if len(shots) == 0 {
			return // it is not for this family
		}
		want := expect(shots, dry, r.reason == "")
		if want.hits == 0 || want.passes == 0 {
			t.Fatalf("IPv%d: %d hits and %d passes try nothing", family, want.hits, want.passes)
		}
		second := int64(0)
		if r.early {
			second = waitEarly(t)
		}
		g := l.shoot(t, r, shots, want)
		l.hits[r.screen] += g.ids[r.screen]
		if !r.early || monotonicSecond(t) == second || tries == triesMax {
			l.wantCounted(t, r, family, g, want)
			l.wantArrived(t, family, want)
			return
		}
		_, l.heard = l.arrivals() // the second has turned: again, with other addresses
	}
}

// shoot sends shots, and waits until all have been counted and what was not stopped has arrived. It gives
// what the counts have grown by.
func (l *screenLab) shoot(t *testing.T, r screening, shots []shot, want expected) (g tally) {
	t.Helper()
	before, all := l.d.tally(t), uint64(want.passes)
	if want.stopped {
		all += uint64(want.hits)
	}
	programs := l.send(t, shots)
	err := lab.WaitFor(t.Context(), fmt.Sprintf("%d frames", all), startLimit, func() (bool, error) {
		g = l.d.tally(t).since(before)
		arrived, _ := l.arrivals()
		known := uint64(len(arrived))
		for _, n := range g.stopped {
			known += n
		}
		return g.total[lab.OuterDev] >= all && known >= all, nil
	})
	if err != nil {
		t.Error(err)
	}
	for _, p := range programs { // it has sent all; a role ends with the lab
		if err := p.Kill(); err != nil {
			t.Error(err)
		}
	}
	return g
}

func (l *screenLab) wantCounted(t *testing.T, r screening, family int, g tally, want expected) {
	t.Helper()
	ids, reasons := map[dataplane.Screen]uint64{}, map[string]uint64{}
	if r.screen != screenNone {
		ids[r.screen] = uint64(want.hits)
	}
	if want.stopped {
		reasons[r.reason] = uint64(want.hits)
	}
	if !maps.Equal(g.ids, ids) {
		t.Errorf("IPv%d: the statistics grew by %v, want %v", family, g.ids, ids)
	}
	if !maps.Equal(g.stopped, reasons) {
		t.Errorf("IPv%d: the reasons grew by %v, want %v", family, g.stopped, reasons)
	}
}

func (l *screenLab) wantArrived(t *testing.T, family int, want expected) {
	t.Helper()
	var arrived []string
	arrived, l.heard = l.arrivals()
	if len(arrived) != want.passes {
		t.Errorf("IPv%d: %d frames arrived, want %d:\n%s", family, len(arrived), want.passes,
			strings.Join(arrived, "\n"))
	}
	for _, frame := range want.frames {
		at := slices.Index(arrived, frame)
		if at < 0 {
			t.Errorf("IPv%d: %s did not arrive", family, frame)
			continue
		}
		arrived = slices.Delete(arrived, at, at+1)
	}
}

// clear clears the statistics.
func (l *screenLab) clear(t *testing.T) {
	t.Helper()
	_, err := l.d.synscreen(t.Context(), "clear", "security", "screen", "statistics", "zone", "untrust")
	if err != nil {
		t.Fatal(err)
	}
	l.hits = map[dataplane.Screen]uint64{}
}

// wantShown compares what the command line shows of the zone with what was sent since it was cleared.
func (l *screenLab) wantShown(t *testing.T) {
	t.Helper()
	out, err := l.d.synscreen(t.Context(), "show", "security", "screen", "statistics", "zone", "untrust")
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]string{}
	for line := range strings.Lines(out) {
		if fields := strings.Fields(line); len(fields) > 1 {
			shown[strings.Join(fields[:len(fields)-1], " ")] = fields[len(fields)-1]
		}
	}
	for _, screen := range dataplane.Screens() {
		if got := shown[screen.Row()]; got != fmt.Sprint(l.hits[screen]) {
			t.Errorf("row %q shows %q, want %d", screen.Row(), got, l.hits[screen])
		}
	}
}

func TestEachScreenStopsAndCountsWhatItIsForAndNothingElse(t *testing.T) {
	t.Parallel()
	l := startScreenLab(t)
	tried := map[dataplane.Screen]bool{}
	for _, g := range screenGroups() {
		for _, dry := range []bool{false, true} {
			if err := l.d.commit(t, g.configuration(dry)); err != nil {
				t.Fatal(err)
			}
			mode := map[bool]string{false: "armed", true: "dry"}[dry]
			l.clear(t)
			for _, r := range g.rows {
				tried[r.screen] = true
				t.Run(mode+" "+r.name, func(t *testing.T) {
					for _, family := range families {
						l.try(t, r, family, dry)
					}
				})
			}
			l.wantShown(t)
		}
	}
	for _, screen := range dataplane.Screens() {
		if !tried[screen] {
			t.Errorf("no row tries %s", screen)
		}
	}
}
