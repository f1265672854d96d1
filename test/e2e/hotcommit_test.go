package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"synscreen/pkg/dataplane"
	"synscreen/test/lab"
)

// hotChanges are good configurations, each another than the one before: thresholds, a white-list that is
// added, changed (it lets one of the visitors in) and removed, a second wire in the zone, and in a zone of its
// own that comes and goes, with a profile; it sorts before the others.
func hotChanges(n int) (texts []string) {
	const list = "set security screen ids-option web tcp syn-flood white-list friends source-address "
	second := "set security zones security-zone untrust interfaces spare0\n"
	other := "set security screen ids-option other tcp syn-flood\n" +
		"set security zones security-zone another screen other\n" +
		"set security zones security-zone another interfaces spare0\n"
	for i := range n {
		c := configuration{attack: 200 + i}
		if i%5 >= 3 {
			c.wires = []wire{firstWire(), secondWire()}
		}
		text := c.String()
		switch i % 5 {
		case 0, 3:
		case 1:
			text += list + fmt.Sprintf("2001:db8:%d::/48\n", i)
		case 2:
			text += list + lab.ClientAddr6(0) + "/128\n"
		case 4:
			text = strings.Replace(text, second, other, 1)
		}
		texts = append(texts, text)
	}
	return texts
}

// wantUntorn asserts that the engine runs what was committed last, and that the flood has gone on all the
// time since: not left and entered again.
func (d *daemon) wantUntorn(t testing.TB, text string, generation uint64, since time.Time, attacks uint64) {
	t.Helper()
	lasted := time.Since(since)
	s := d.status(t)
	if s.Generation != generation {
		t.Fatalf("generation %d runs, want %d", s.Generation, generation)
	}
	z := zone(t, s, "untrust")
	if z.Flooding == 0 || z.FloodingFor < lasted || z.Attacks != attacks {
		t.Fatalf("generation %d: the flood of %v is torn: %+v", generation, lasted, z)
	}
	running, err := d.client.Configuration(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if running.Text != text || running.Record.Generation != generation {
		t.Fatalf("generation %d runs another configuration:\n%s", generation, running.Text)
	}
}

func TestFiftyCommitsDuringAFloodLoseNoConnection(t *testing.T) {
	t.Parallel()
	const commits = 50
	w := lab.WireForTest(t, lab.WireOptions{})
	startNginx(t, w)
	addSpareCables(t, w)
	d := startDaemon(t, w, configuration{}, noLearning)
	startLightFloods(t, w, d, 80, families...)
	since, before := time.Now(), d.status(t)
	attacks := zone(t, before, "untrust").Attacks
	var visitors []visitor
	for family, address := range map[int]string{4: lab.ClientAddr4(0), 6: lab.ClientAddr6(0)} {
		// a pause, so that ports of the client last for the slowest machine
		p, err := w.Client.StartRole("visit-from", address, "2ms", lab.URL(family, 80, "/"))
		if err != nil {
			t.Fatal(err)
		}
		visitors = append(visitors, visitor{p})
	}
	for i, text := range hotChanges(commits) {
		if err := d.commit(t, text); err != nil {
			t.Fatalf("commit %d: %v", i+1, err)
		}
		d.wantUntorn(t, text, before.Generation+uint64(i)+1, since, attacks)
		for _, v := range visitors {
			v.waitMore(t, 2, fmt.Sprintf("after commit %d", i+1))
		}
	}
	visits := uint64(0)
	for _, v := range visitors {
		if err := v.Stop(t.Context()); err != nil {
			t.Error(err)
		}
		visits += uint64(v.visits())
	}
	wantEachConnectionCounted(t, before, d.status(t), visits, uint64(len(visitors)))
}

// wantEachConnectionCounted asserts that each of so many connections (and of those that were under way at the end)
// brought a valid cookie, but for those of the white-list; and that no cookie was lost or not known.
func wantEachConnectionCounted(t testing.TB, before, after dataplane.Status, connections, underWay uint64) {
	t.Helper()
	grown := func(reason string) uint64 {
		return frames(t, after, lab.OuterDev, reason) - frames(t, before, lab.OuterDev, reason)
	}
	valid := zone(t, after, "untrust").CookiesValid - zone(t, before, "untrust").CookiesValid
	listed := grown("forward_syn_white_list")
	t.Logf("%d connections: %d valid cookies, %d white-listed", connections, valid, listed)
	if sum := valid + listed; sum < connections || sum > connections+underWay {
		t.Errorf("%d cookies were valid and %d SYNs white-listed, of %d connections", valid, listed, connections)
	}
	if listed == 0 || valid < connections/4 {
		t.Errorf("%d of %d connections were white-listed: one of the ways was not tried", listed, connections)
	}
	for _, reason := range []string{"drop_cookie_invalid", "drop_no_keyset", "drop_no_flow", "drop_no_peer", "forward_syn_calm",
		"forward_unscreened"} {
		if n := grown(reason); n != 0 {
			t.Errorf("%s grew by %d", reason, n)
		}
	}
	if after.Splices.Refused != before.Splices.Refused || after.Splices.TimedOut != before.Splices.TimedOut {
		t.Errorf("splices were given up: %+v, before %+v", after.Splices, before.Splices)
	}
	wantNoPasses(t, after)
}
