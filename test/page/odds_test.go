package page

import "testing"

// A cookie of few bits, of which all guesses can be tried against all MACs: 2 bits of the epoch, 1 of the
// index, 3 below. best is the number of MAC pairs and epochs that the best guess matches.
func best(whitened bool) (matches int) {
	const epoch = 2

	for guess := range 64 {
		count := 0
		for mac := range 64 {
			for before := range 64 {
				count += match(guess, mac, epoch, whitened) + match(guess, before, epoch-1, whitened)
			}
		}
		matches = max(matches, count)
	}
	return matches
}

func match(guess, mac, epoch int, whitened bool) int {
	const indexBits = 1 << 3

	want := epoch<<4 | mac&7
	if whitened {
		want ^= mac &^ 7
	}
	if (guess^want)&^indexBits == 0 {
		return 1
	}
	return 0
}

func TestOddsAreThoseOfTheBestGuess(t *testing.T) {
	const pairs = 64 * 64

	for _, c := range []struct {
		whitened bool
		odds     odds
	}{{true, aimed(2, 2+3, false)}, {false, aimed(2, 3, true)}} {
		if got, want := best(c.whitened), int(pairs*c.odds.chance()); got != want {
			t.Errorf("whitened %v: %d of %d, not %d", c.whitened, got, pairs, want)
		}
	}
}

func TestEvenChanceIsWhereAMissIsAsLikelyAsNot(t *testing.T) {
	// a coin: once; a chance of 1/4: two misses have 9/16, three 27/64
	for o, want := range map[odds]float64{1: 1, 2: 3} {
		if got := o.even(); got != want {
			t.Errorf("2^-%d: after %g", o, got)
		}
	}
}
