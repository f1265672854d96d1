package e2e

import (
	"math/rand/v2"
	"testing"
	"time"

	"synscreen/pkg/dataplane"
	"synscreen/test/lab"
)

const talkPort = 9000

// badLinks are the links of a lab in which nothing is reliable, before and behind the wire.
func badLinks() lab.WireOptions {
	link := func(seed uint64) *lab.BadLink {
		return &lab.BadLink{Loss: 1, Duplicate: 1, Reorder: 5, Hold: 3 * time.Millisecond, Seed: seed}
	}
	return lab.WireOptions{ClientLink: link(1), ServerLink: link(2)}
}

// randomTalks are n talks over both families: mostly small ones, some larger.
func randomTalks(n int) (talks []talk) {
	random := rand.New(rand.NewPCG(2, 7))
	size := func(i int) uint32 {
		switch {
		case i%100 == 0:
			return random.Uint32N(mega)
		case i%10 == 0:
			return random.Uint32N(128 << 10)
		}
		return random.Uint32N(8 << 10)
	}
	for i := range n {
		talks = append(talks, talk{Address: talkAddress(families[i%2], talkPort), Up: size(i), Down: size(n - i)})
	}
	return talks
}

// wantBadLinks asserts that the links were as bad as they were to be.
func wantBadLinks(t testing.TB, w *lab.WireLab) {
	t.Helper()
	for _, relay := range []*lab.Relay{w.ClientRelay, w.ServerRelay} {
		result, err := relay.Result(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		c := result.Both()
		t.Logf("%s: %+v", relay, c)
		within := func(count uint64, percent float64) bool {
			share := float64(count) / float64(c.Received) * 100
			return share > percent/2 && share < percent*2
		}
		if !within(c.Lost, 1) || !within(c.Duplicated, 1) || !within(c.Reordered, 5) {
			t.Errorf("%s is not as bad as it should be: %+v", relay, c)
		}
	}
}

// logTalks tells how long talks took.
func logTalks(t testing.TB, results []talked, took time.Duration) {
	t.Helper()
	t.Logf("%d talks in %v; half of them took up to %v, 99 %% up to %v, all up to %v", len(results),
		took.Round(time.Millisecond), tookPercentile(results, 50), tookPercentile(results, 99),
		tookPercentile(results, 100))
}

func TestTalksOverBadLinksAndABridgeAreRight(t *testing.T) {
	t.Parallel()
	w := lab.BridgeForTest(t, badLinks())
	server := startTalkServer(t, w, listenAt{Port: talkPort})
	talks, start := randomTalks(400), time.Now()
	results := runTalks(t, w, 64, talks)
	logTalks(t, results, time.Since(start))
	wantTalked(t, server, talks, results)
	wantBadLinks(t, w)
}

func TestThousandsOfSplicedTalksOverBadLinksAreRightAndNoneHangs(t *testing.T) {
	t.Parallel()
	const n = 4000
	w := lab.WireForTest(t, badLinks())
	server := startTalkServer(t, w, listenAt{Port: talkPort})
	d := startDaemon(t, w, configuration{}, noLearning)
	learnTalks(t, w, talkPort)
	d.mustCommit(t, configuration{always: true})
	before, opened := d.status(t), passiveOpens(t, w)
	talks, start := randomTalks(n), time.Now()
	results := runTalks(t, w, 64, talks)
	logTalks(t, results, time.Since(start))
	wantTalked(t, server, talks, results)
	wantSpliced(t, d, before, n)
	if accepted := passiveOpens(t, w) - opened; accepted != n {
		t.Errorf("the server accepted %d connections, want %d", accepted, n)
	}
	d.waitStatus(t, "no held frames", func(s dataplane.Status) bool { return s.Splices.HeldFrames == 0 })
	after := d.status(t).Splices
	if after.TimedOut != before.Splices.TimedOut || after.Refused != before.Splices.Refused {
		t.Errorf("splices were given up: %+v, before %+v", after, before.Splices)
	}
	wantBadLinks(t, w)
}
