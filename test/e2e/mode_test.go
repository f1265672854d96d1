package e2e

import (
	"strings"
	"testing"
	"time"

	"synscreen/pkg/control"
	"synscreen/pkg/dataplane"
	"synscreen/test/lab"
)

// upgradeLimit is how long a configuration that had to do without syn-cookie may go on so after the gate would
// admit it: it is tried again after 5 s, and after twice as long each time.
const upgradeLimit = 30 * time.Second

// waitMode waits until the engine runs in a mode.
func (d *daemon) waitMode(t testing.TB, mode dataplane.Mode) {
	t.Helper()
	err := lab.WaitFor(t.Context(), "mode "+mode.String(), upgradeLimit, func() (bool, error) {
		s, err := d.client.Status(t.Context())
		return s.Mode == mode, err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A mode that is not set is syn-cookie where the gate admits that. Where it does not, the commit is taken with
// a warning, and the excess over the threshold is dropped, no more: until what is missing is there.
func TestModeThatIsNotSetIsSynCookieWhereTheGateProvesIt(t *testing.T) {
	t.Parallel()
	const threshold = 200
	w := lab.WireForTest(t, lab.WireOptions{})
	startContent(t, w)
	d := startDaemon(t, w, configuration{unset: true, attack: threshold}, noLearning)
	if s := d.status(t); s.Mode != dataplane.ModeSynCookie {
		t.Fatalf("mode %v runs, want syn-cookie", s.Mode)
	}
	startLightFloods(t, w, d, contentPort, 4)
	before := d.status(t)
	knockTimes(t, w, 1, serverAddress(4, contentPort))
	wantSpliced(t, d, before, 1)

	// a wire whose outer port has no link cannot be proved
	err := w.Wire.IP(t.Context(), "link add spare0 type veth peer name far0", "link add spare1 type veth peer name far1",
		"link set spare0 up", "link set spare1 up", "link set far1 up")
	if err != nil {
		t.Fatal(err)
	}
	both := configuration{unset: true, attack: threshold, wires: []wire{firstWire(), secondWire()}}
	var said control.CommitResult
	d.read(t, &said, "commit", d.write(t, "both.conf", both))
	warned := strings.Join(said.Warnings, "\n")
	for _, text := range []string{"SYNs above attack-threshold are dropped, good ones among them",
		"syn-cookie needs tx on spare0: could not tell: spare0 has no link", "bring the link of spare0 up"} {
		if !said.Committed || said.Mode != dataplane.ModeDrop || !strings.Contains(warned, text) {
			t.Errorf("the commit does not say %q: %+v", text, said)
		}
	}
	d.wantExcessDropped(t, threshold)

	if err := w.Wire.IP(t.Context(), "link set far0 up"); err != nil {
		t.Fatal(err)
	}
	d.waitMode(t, dataplane.ModeSynCookie)
	before = d.status(t)
	knockTimes(t, w, 1, serverAddress(4, contentPort))
	wantSpliced(t, d, before, 1)
	d.wantSaid(t, "show capabilities", "mode syn-cookie")
}

// wantExcessDropped asserts of a flood of one destination in mode drop that it floods, that nobody is challenged,
// that in every second as many SYNs pass as do in calm, and that the rest is dropped.
func (d *daemon) wantExcessDropped(t testing.TB, threshold uint64) {
	t.Helper()
	const seconds = 3
	if s := d.status(t); s.Mode != dataplane.ModeDrop {
		t.Fatalf("mode %v runs, want drop", s.Mode)
	}
	before, first := d.status(t), monotonicSecond(t)
	d.wait(t, "seconds of a flood", func() (bool, error) { return monotonicSecond(t) > first+seconds, nil })
	after, last := d.status(t), monotonicSecond(t)
	grown := func(reason string) uint64 {
		return frames(t, after, lab.OuterDev, reason) - frames(t, before, lab.OuterDev, reason)
	}
	passed, dropped := grown("forward_syn_calm"), grown("drop_syn_flood")
	t.Logf("in %d seconds, two of them not whole, %d SYNs passed and %d were dropped", last-first+1, passed, dropped)
	if most := uint64(last-first+1) * (threshold - 1); passed > most || passed < seconds*(threshold-1) {
		t.Errorf("%d SYNs passed, want %d a second, as below the threshold", passed, threshold-1)
	}
	if dropped < seconds*lightRate/2 {
		t.Errorf("only %d SYNs were dropped of %d a second", dropped, lightRate)
	}
	if n := grown("reply_challenge"); n != 0 {
		t.Errorf("%d challenges were sent", n)
	}
	if z := zone(t, after, "untrust"); z.Flooding == 0 {
		t.Errorf("it does not count as flooding: %+v", z)
	}
}
