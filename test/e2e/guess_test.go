package e2e

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"synscreen/test/lab"
)

// A challenge promises what the server was last known to agree to. A server that has changed meanwhile
// makes the promise wrong, and the splice makes it good: the ends need not agree any more, but what they
// say arrives.

const (
	guessPort  = 10_000 // and one for each guess, since a server is known better after it
	guessBytes = 200_000
)

// guess is one connection to a server that is not what it was.
type guess struct {
	row
	was stance
	now stance
}

// guesses are all offers to servers that did everything, or nothing, and now do something else. Each is
// on a port of its own.
func guesses() (all []guess) {
	stances := matrixStances()
	stances = stances[:len(stances)-1]
	for _, was := range []int{0, len(stances) - 1} {
		for now := range stances {
			for i, without := range subsets(optionMSS, optionTimestamps, optionSACK, optionWscale) {
				if now == was {
					continue
				}
				port := guessPort + (was*len(stances)+now)*16 + i
				for _, family := range families {
					all = append(all, guess{row{family, now, talk{Address: talkAddress(family, port), Up: guessBytes,
						Down: guessBytes, Offer: offer{Set: true, Without: without}}}, stances[was], stances[now]})
				}
			}
		}
	}
	return all
}

func guessPorts(all []guess) (ports []listenAt) {
	for i := range all {
		if i%len(families) == 0 { // they share one
			ports = append(ports, listenAt{Port: portOf(all[i].talk.Address)})
		}
	}
	return ports
}

// before are the talks by which the server becomes known as what it was.
func before(all []guess) (talks []talk) {
	for i, g := range all {
		talks = append(talks, talk{Address: g.talk.Address, Up: guessBytes, Down: guessBytes,
			Offer: offer{Set: true}, Next: &all[(i+1)%len(all)].was})
	}
	return talks
}

// after are those with the server as it is now.
func after(all []guess) (talks []talk) {
	for i, g := range all {
		g.talk.Next = &all[(i+1)%len(all)].now
		talks = append(talks, g.talk)
	}
	return talks
}

// switchServer has the server be something before the first of a list of talks.
func switchServer(t testing.TB, w *lab.WireLab, port int, s stance) {
	t.Helper()
	for _, r := range runTalks(t, w, 1, []talk{{Address: talkAddress(4, port), Next: &s}}) {
		if r.Error != "" {
			t.Fatal(r.Error)
		}
	}
}

// wantPromised asserts that the client has what it was promised, and the server what is left of it.
func wantPromised(t testing.TB, all []guess, got []talked) {
	t.Helper()
	const shown = 20
	failed, apart := 0, 0
	for i, g := range all {
		can := func(s stance, option string) bool {
			return !slices.Contains(s.Without, option) && !slices.Contains(s.Without, optionTimestamps)
		}
		for option, has := range map[string]func(Agreed) bool{
			optionTimestamps: func(a Agreed) bool { return a.Timestamps },
			optionSACK:       func(a Agreed) bool { return a.SACK },
			optionWscale:     func(a Agreed) bool { return a.Wscale },
		} {
			promised := can(stance{Without: g.talk.Offer.Without}, option) && can(g.was, option)
			kept := promised && !slices.Contains(g.now.Without, option)
			if has(got[i].Client.Agreed) == promised && has(got[i].Server.Agreed) == kept {
				if promised != kept {
					apart++
				}
				continue
			}
			if failed++; failed <= shown {
				t.Errorf("%v, and did %q: %s: client has %v, server %v", g, with(g.was.Without), option,
					got[i].Client, got[i].Server)
			}
		}
	}
	if failed > 0 || apart == 0 {
		t.Errorf("%d of %d promises were not as they must be, %d were not kept", failed, 3*len(all), apart)
	}
}

// wantNotSlow asserts that talks took no longer than before: half of them about as long, and none much
// longer than the slowest. A burst may overrun a veth's ring of 256 frames, and then one waits for its
// timeout: 200 ms, doubled each time.
func wantNotSlow[T fmt.Stringer](t testing.TB, rows []T, before, after []talked) {
	t.Helper()
	limit := 10*tookPercentile(before, 100) + 3*time.Second
	for i, r := range after {
		if r.Took > limit {
			t.Errorf("%v: took %v, want at most %v", rows[i], r.Took, limit)
		}
	}
	half := 10*tookPercentile(before, 50) + 20*time.Millisecond
	if took := tookPercentile(after, 50); took > half {
		t.Errorf("half of the talks took %v or more, want at most %v", took, half)
	}
	t.Logf("%d talks; half took up to %v, all up to %v; before, %v and %v", len(after), tookPercentile(after, 50),
		tookPercentile(after, 100), tookPercentile(before, 50), tookPercentile(before, 100))
}

func TestDataIsRightThroughASpliceThatWasPromisedWrong(t *testing.T) {
	t.Parallel()
	w := lab.WireForTest(t, lab.WireOptions{})
	stripMSS(t, w)
	all := guesses()
	server := startTalkServer(t, w, append(guessPorts(all), listenAt{Port: talkPort})...)
	d := startDaemon(t, w, configuration{attack: 500_000}, noLearning)
	switchServer(t, w, talkPort, all[0].was)
	known := runTalks(t, w, 1, before(all))
	wantTalked(t, server, before(all), known)
	switchServer(t, w, talkPort, all[0].now)
	d.mustCommit(t, configuration{attack: 500_000, always: true})
	opened := d.status(t)
	got := runTalks(t, w, 1, after(all))
	wantTalked(t, server, after(all), got)
	wantSpliced(t, d, opened, uint64(len(all)))
	wantPromised(t, all, got)
	wantNotSlow(t, all, known, got)
}
