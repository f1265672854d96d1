package e2e

import (
	"strings"
	"syscall"
	"testing"

	"synscreen/pkg/dataplane"
	"synscreen/test/lab"
)

// signal sends a signal to the daemon; SIGKILL is waited for.
func (d *daemon) signal(t testing.TB, signal syscall.Signal) {
	t.Helper()
	err := d.Signal(signal)
	if err == nil && signal == syscall.SIGKILL {
		err = d.Kill()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// stop ends the daemon by SIGTERM.
func (d *daemon) stop(t testing.TB) {
	t.Helper()
	if err := d.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// calmDownload starts a daemon on an open wire, and a download through it that is never challenged.
func calmDownload(t *testing.T) (*lab.WireLab, *daemon, *download) {
	t.Helper()
	w := lab.WireForTest(t, lab.WireOptions{})
	startContent(t, w)
	d := startDaemon(t, w, configuration{}, noLearning)
	transfer := startDownload(t, w)
	wantOneFlow(t, d, dataplane.FlowOpen)
	return w, d, transfer
}

func TestCalmDownloadThroughAnOpenWireOutlivesAKilledDaemonAndItsRestart(t *testing.T) {
	t.Parallel()
	w, d, transfer := calmDownload(t)
	d.signal(t, syscall.SIGKILL)
	transfer.waitMore(t, 15*mega)
	wantCarries(t, w)
	d = startDaemon(t, w, configuration{})
	transfer.waitMore(t, 10*mega)
	wantOneFlow(t, d, dataplane.FlowOpen) // learned
	transfer.wantComplete(t)
}

func TestCalmDownloadThroughAnOpenWireOutlivesAStoppedDaemon(t *testing.T) {
	t.Parallel()
	w, d, transfer := calmDownload(t)
	d.signal(t, syscall.SIGSTOP)
	transfer.waitMore(t, 15*mega)
	wantCarries(t, w)
	d.signal(t, syscall.SIGCONT)
	d.waitStatus(t, "frames that passed a stale engine", func(s dataplane.Status) bool {
		return frames(t, s, lab.InnerDev, "shim_passed_stale") > 0
	})
	screened := func() uint64 {
		s := d.status(t)
		return frames(t, s, lab.InnerDev, "shim_to_engine") + frames(t, s, lab.InnerDev, "shim_forwarded_flow")
	}
	back := screened()
	transfer.waitMore(t, 5*mega)
	if screened() == back {
		t.Error("neither the engine that goes on nor the driver for it is given frames")
	}
	transfer.wantComplete(t)
}

func TestClosedWireIsCutByAKilledDaemonUntilARestart(t *testing.T) {
	t.Parallel()
	w := lab.WireForTest(t, lab.WireOptions{})
	d := startDaemon(t, w, configuration{closed: true}, noLearning)
	wantCarries(t, w)
	d.signal(t, syscall.SIGKILL)
	wantCut(t, w)
	startDaemon(t, w, configuration{closed: true}, noLearning)
	wantCarries(t, w)
}

func TestClosedWireIsCutByAStoppedDaemonUntilItGoesOn(t *testing.T) {
	t.Parallel()
	w := lab.WireForTest(t, lab.WireOptions{})
	startNginx(t, w)
	d := startDaemon(t, w, configuration{closed: true}, noLearning)
	wantCarries(t, w)
	d.signal(t, syscall.SIGSTOP)
	wantCut(t, w)
	d.signal(t, syscall.SIGCONT)
	wantCarries(t, w)
	if _, err := w.Curl(t.Context(), lab.URL(4, 80, "/"), 3); err != nil {
		t.Error(err)
	}
	s := d.status(t)
	if frames(t, s, lab.OuterDev, "shim_dropped_stale") == 0 || frames(t, s, lab.OuterDev, "shim_passed_stale") != 0 {
		t.Errorf("the shim did not drop for a stale engine: %+v", s.Ports)
	}
}

func TestRestartsAfterKillsRecogniseTheirOrphansAndLeaveNoResidue(t *testing.T) {
	t.Parallel()
	w := lab.WireForTest(t, lab.WireOptions{WireIPv6: true})
	before := settings(t, w)
	d := startDaemon(t, w, configuration{}, noLearning)
	running, recorded := links(t, w), d.recorded(t)
	for range 3 {
		orphans := programs(t, w)
		if len(orphans) != 2 {
			t.Fatalf("programs %v, want one on each port", orphans)
		}
		d.signal(t, syscall.SIGKILL)
		waitCarries(t, w)
		d = startDaemon(t, w, configuration{}, noLearning)
		wantFreed(t, w, d, orphans)
		wantCarries(t, w)
		if again := links(t, w); len(again) != len(running) || len(bridges(t, w)) != 1 {
			t.Fatalf("links after a restart:\n%+v\nbefore:\n%+v", again, running)
		}
		if again := d.recorded(t); again != recorded {
			t.Errorf("recorded settings after a restart:\n%s\nbefore:\n%s", again, recorded)
		}
	}
	d.stop(t)
	d.detach(t)
	wantSettings(t, w, before)
}

// detach runs `synscreen detach` on the daemon's state.
func (d *daemon) detach(t testing.TB) {
	t.Helper()
	if _, err := d.synscreen(t.Context(), "detach", "--state-dir", d.state); err != nil {
		t.Fatal(err)
	}
}

func TestTerminatedDaemonLeavesAnOpenWireCarryingWithoutAProgram(t *testing.T) {
	t.Parallel()
	w := lab.WireForTest(t, lab.WireOptions{})
	startContent(t, w)
	d := startDaemon(t, w, configuration{}, noLearning)
	transfer := startDownload(t, w)
	d.stop(t)
	if left := programs(t, w); len(left) != 0 {
		t.Errorf("programs %v are left", left)
	}
	if left := bridges(t, w); len(left) != 1 {
		t.Errorf("bridges %v, want one", left)
	}
	wantCarries(t, w)
	transfer.wantComplete(t)
}

func TestTerminatedDaemonLeavesNothingOnAClosedWire(t *testing.T) {
	t.Parallel()
	w := lab.WireForTest(t, lab.WireOptions{WireIPv6: true})
	before := settings(t, w)
	d := startDaemon(t, w, configuration{closed: true}, noLearning)
	wantCarries(t, w)
	d.stop(t)
	wantSettings(t, w, before)
	wantCut(t, w)
}

func TestDetachTakesAllAwayAndRestoresTheSettings(t *testing.T) {
	t.Parallel()
	for name, signal := range map[string]syscall.Signal{"after SIGTERM": syscall.SIGTERM, "after SIGKILL": syscall.SIGKILL} {
		t.Run(name, func(t *testing.T) {
			w := lab.WireForTest(t, lab.WireOptions{WireIPv6: true})
			before := settings(t, w)
			d := startDaemon(t, w, configuration{}, noLearning)
			if settings(t, w) == before {
				t.Error("a running engine has changed nothing: the comparison is blind")
			}
			wantDetachRefused(t, d)
			if signal == syscall.SIGKILL {
				d.signal(t, signal)
			} else {
				d.stop(t)
			}
			waitCarries(t, w)
			d.detach(t)
			wantSettings(t, w, before)
			wantCut(t, w)
		})
	}
}

// wantDetachRefused asserts that a running daemon keeps what it has.
func wantDetachRefused(t testing.TB, d *daemon) {
	t.Helper()
	if out, err := d.synscreen(t.Context(), "detach", "--state-dir", d.state); err == nil {
		t.Errorf("detach took the wire away from a running daemon: %s", out)
	}
	if n := len(programs(t, d.lab)); n != 2 {
		t.Errorf("%d programs after detach was refused, want 2", n)
	}
}

func TestCalmDownloadOutlivesARestartUnderFlood(t *testing.T) {
	t.Parallel()
	w := lab.WireForTest(t, lab.WireOptions{})
	startContent(t, w)
	d := startDaemon(t, w, configuration{}, noLearning)
	transfer := startDownload(t, w)
	startFloods(t, w, d, contentPort, 4)
	transfer.waitMore(t, 5*mega)
	d.signal(t, syscall.SIGKILL)
	d = startDaemon(t, w, configuration{})
	d.waitStatus(t, "challenges after the restart", func(s dataplane.Status) bool {
		return frames(t, s, lab.OuterDev, "reply_challenge") > 0
	})
	transfer.waitMore(t, 15*mega)
	transfer.wantComplete(t)
}

func TestOnFailureThatACommitChangedIsWhatCounts(t *testing.T) {
	t.Parallel()
	w := lab.WireForTest(t, lab.WireOptions{})
	d := startDaemon(t, w, configuration{}, noLearning)
	d.mustCommit(t, configuration{closed: true})
	if left := bridges(t, w); len(left) != 0 {
		t.Errorf("a closed wire has bridges: %v", left)
	}
	wantCarries(t, w)
	d.signal(t, syscall.SIGKILL)
	wantCut(t, w)
	d = startDaemon(t, w, configuration{closed: true}, noLearning)
	d.mustCommit(t, configuration{})
	wantCarries(t, w)
	d.signal(t, syscall.SIGKILL)
	waitCarries(t, w)
}

func TestRestartSweepsUpAWireThatItsConfigurationNoLongerHas(t *testing.T) {
	t.Parallel()
	w := lab.WireForTest(t, lab.WireOptions{WireIPv6: true})
	addSpareCables(t, w)
	before := settings(t, w)
	both := configuration{wires: []wire{firstWire(), {name: "w2", outer: "spare0", inner: "spare1"}}}
	d := startDaemon(t, w, both, noLearning)
	if n := len(programs(t, w)); n != 4 {
		t.Fatalf("%d programs, want 4", n)
	}
	d.signal(t, syscall.SIGKILL)
	d = startDaemon(t, w, configuration{}, noLearning)
	for _, l := range links(t, w) {
		if strings.HasPrefix(l.Name, "spare") && (l.XDP.Program.ID != 0 || l.Master != "") || l.Name == "ss-w2" {
			t.Errorf("left behind: %s", l)
		}
	}
	wantCarries(t, w)
	d.stop(t)
	d.detach(t)
	wantSettings(t, w, before)
}
