package e2e

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"synscreen/test/lab"
)

// A challenge promises what the server was last known to agree to, or what is assumed of it. A server
// that is something else makes the promise wrong, and the splice makes it good: the ends need not agree
// any more, but what they say arrives.

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

// guesses are all offers to servers of every stance, but what they were if that is known, each on a port
// of its own.
func guesses(was int, known bool) (all []guess) {
	stances := matrixStances()
	stances = stances[:len(stances)-1]
	port := guessPort
	for now := range stances {
		for _, without := range subsets(optionMSS, optionTimestamps, optionSACK, optionWscale) {
			if known && now == was {
				continue
			}
			for _, family := range families {
				all = append(all, guess{row{family, now, talk{Address: talkAddress(family, port), Up: guessBytes,
					Down: guessBytes, Offer: offer{Set: true, Without: without}}}, stances[was], stances[now]})
			}
			port++
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

// talksAfter are those with the server as it is now.
func talksAfter(all []guess) (talks []talk) {
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
	if failed > 0 {
		t.Errorf("%d of %d promises were not as they must be", failed, 3*len(all))
	}
	// what was not promised is nowhere
	if can := len(with(all[0].was.Without)) > 1; can != (apart > 0) {
		t.Errorf("%d promises had to be made good", apart)
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

// talksBefore are the talks by which the server becomes known as what it was.
func talksBefore(all []guess) (talks []talk) {
	for _, g := range all {
		talks = append(talks, talk{Address: g.talk.Address, Up: guessBytes, Down: guessBytes, Offer: offer{Set: true}})
	}
	return talks
}

func TestDataIsRightThroughASpliceThatWasPromisedWrong(t *testing.T) {
	for name, was := range map[string]int{"it did everything": 0, "it did nothing": 7} {
		t.Run(name+" before", func(t *testing.T) {
			t.Parallel()
			talkOnGuesses(t, was, true)
		})
	}
	// what is assumed of it: a window scale, SACK and timestamps
	t.Run("nothing is known", func(t *testing.T) {
		t.Parallel()
		talkOnGuesses(t, 0, false)
	})
}

// talkOnGuesses makes all guesses. Of servers that are not known it is known that they answer, at least:
// else one connection a second would be left alone, to see.
func talkOnGuesses(t *testing.T, was int, known bool) {
	all := guesses(was, known)
	w := lab.WireForTest(t, lab.WireOptions{})
	stripMSS(t, w)
	server := startTalkServer(t, w, append(guessPorts(all), listenAt{Port: talkPort})...)
	c := configuration{attack: 500_000}
	d := startDaemon(t, w, c, noLearning)
	first := talksBefore(all)
	if !known {
		for i := range first { // elsewhere, for the time that they take
			first[i].Address = talkAddress(all[i].family, talkPort)
		}
	}
	switchServer(t, w, talkPort, all[0].was)
	direct := runTalks(t, w, 1, first)
	wantTalked(t, server, first, direct)
	switchServer(t, w, talkPort, all[0].now)
	c.always = true
	text := c.String()
	if !known {
		for _, address := range []string{lab.ServerAddr4, lab.ServerAddr6} {
			text += "set security flow syn-cookie server-profile " + address + "\n"
		}
	}
	if err := d.commit(t, text); err != nil {
		t.Fatal(err)
	}
	opened := d.status(t)
	got := runTalks(t, w, 1, talksAfter(all))
	wantTalked(t, server, talksAfter(all), got)
	wantSpliced(t, d, opened, uint64(len(all)))
	wantPromised(t, all, got)
	wantNotSlow(t, all, direct, got)
}
