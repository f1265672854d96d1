package e2e

import (
	"testing"
	"time"

	"synscreen/pkg/dataplane"
	"synscreen/test/lab"
)

// The other service's connects may take so much longer while its neighbour is flooded: both processors of
// a small machine are at work on the flood then.
const (
	slowerMax  = 5
	slowerFrom = 2 * time.Millisecond // what is below is no difference
)

// calmWithin is one window of a second that must stay under half of the threshold, and the second in which
// the flood ended; and what reading costs.
const calmWithin = 2*time.Second + 500*time.Millisecond

func TestFloodOfOneServiceLeavesTheOtherAlone(t *testing.T) {
	t.Parallel()
	const connections = 40 // of each family, in each phase
	w := lab.WireForTest(t, lab.WireOptions{})
	startContent(t, w)
	startNginx(t, w)
	d := startDaemon(t, w, configuration{}, noLearning)
	calm := knockBoth(t, w, connections)
	floods := startFloods(t, w, d, 80, families...)

	before := d.status(t)
	flooded := knockBoth(t, w, connections)
	after := d.status(t)
	for _, family := range families {
		was, is := median(calm[family]), median(flooded[family])
		t.Logf("IPv%d: connects took %v in calm, %v beside the flood", family, was, is)
		if is > slowerFrom && is > slowerMax*was {
			t.Errorf("IPv%d: connects took %v beside the flood, %v in calm", family, is, was)
		}
	}
	passed := frames(t, after, lab.OuterDev, "forward_syn_calm") - frames(t, before, lab.OuterDev, "forward_syn_calm")
	if passed != 2*connections {
		t.Errorf("%d SYNs passed unchallenged, want those of the %d connections", passed, 2*connections)
	}
	if valid := zone(t, after, "untrust").CookiesValid; valid != 0 {
		t.Errorf("%d cookies were valid: the other service's clients were challenged", valid)
	}
	for _, row := range d.flooded(t).Destinations {
		if row.Address.Port() != 80 {
			t.Errorf("%v counts as flooded: %+v", row.Address, row)
		}
	}
	for _, f := range floods {
		if err := f.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	}
	wantCalmSoon(t, w, d, time.Now())
}

func knockBoth(t testing.TB, w *lab.WireLab, connections int) map[int][]time.Duration {
	t.Helper()
	times := map[int][]time.Duration{}
	for _, family := range families {
		times[family] = knockTimes(t, w, family, contentPort, connections)
	}
	return times
}

// wantCalmSoon connects to the flooded port until it is calm: nobody who comes later than one window and a
// second after the end of the flood is challenged, and everybody is let in.
func wantCalmSoon(t testing.TB, w *lab.WireLab, d *daemon, ended time.Time) {
	t.Helper()
	var last time.Duration // the latest connection that was challenged
	challenged := frames(t, d.status(t), lab.OuterDev, "reply_challenge")
	for time.Since(ended) < 2*calmWithin {
		began := time.Since(ended)
		knockTimes(t, w, families[int(began/time.Millisecond)%2], 80, 1)
		now := frames(t, d.status(t), lab.OuterDev, "reply_challenge")
		if now > challenged {
			last, challenged = began, now
		}
	}
	t.Logf("the last challenge was %v after the flood", last)
	if last > calmWithin {
		t.Errorf("a connection was challenged %v after the flood, want none after %v", last, calmWithin)
	}
	d.waitStatus(t, "calm", func(s dataplane.Status) bool { return zone(t, s, "untrust").Flooding == 0 })
}
