package page

import "testing"

var usual = rules{slow: 2, fast: 2, grace: 900 * second}

func TestClockFollowsTheWallWithinItsRules(t *testing.T) {
	cases := []struct {
		name              string
		now, wall, passed int64 // s; the wall's is that after what passed
		want              int64
	}{
		{"in step", 100, 110, 10, 110},
		{"little ahead", 103, 110, 10, 110},
		{"ahead", 200, 110, 10, 205},
		{"wall stepped back", 100, 90, 10, 105},
		{"little behind", 95, 110, 10, 110},
		{"behind", 50, 110, 10, 70},
		{"behind by the grace", 100, 1010, 10, 120},
		{"behind by more", 100, 1011, 10, 1011},
		{"nothing passed", 100, 50, 0, 100},
	}
	for _, c := range cases {
		clock := clock{now: c.now * second, rules: usual}
		clock.advance(c.wall*second, c.passed*second)
		if clock.now != c.want*second {
			t.Errorf("%s: %d ns, not %d s", c.name, clock.now, c.want)
		}
	}
}

func TestClockComesBackInTimeThatItsSpeedAllows(t *testing.T) {
	for ahead, want := range map[int64]int64{600: 1200, 0: 0, -600: 600, -900: 900} {
		if took := usual.recovery(ahead * second); took != want*second {
			t.Errorf("ahead by %d s: %d ns", ahead, took)
		}
	}
	// at the first look at the clock
	if took := usual.recovery(-901 * second); took != second/10 {
		t.Errorf("a jump took %d ns", took)
	}
}

func TestPeersAcceptWhatIsOfTheseEpochsAndNothingElse(t *testing.T) {
	const epoch = 64 * second
	cases := []struct {
		name        string
		skew, apart int64 // s
		minted      int64 // ns after the beginning of an epoch
		first, last int64 // ns
	}{
		{"at its beginning", 0, 0, 0, 2 * epoch, 2 * epoch},
		{"at its end", 0, 0, epoch - 1, epoch + 1, epoch + 1},
		{"before the skew", 2, 0, 2*second - 1, epoch - 2*second + 1, epoch - 2*second + 1},
		{"after the skew", 2, 0, 2 * second, 2*epoch - 2*second, 2*epoch - 2*second},
		{"by a peer ahead", 2, 2, 2*second - 1, epoch - 4*second + 1, epoch - 4*second + 1},
		{"by a peer behind", 2, -2, 2 * second, 2 * epoch, 2 * epoch},
		{"by a peer too far behind", 0, -2, 0, 0, 2*epoch + 2*second},
	}
	for _, c := range cases {
		p := peers{epoch: epoch, skew: c.skew * second, apart: c.apart * second, tried: 2}
		if first, last := p.life(1000*epoch + c.minted); first != c.first || last != c.last {
			t.Errorf("%s: %d and %d ns, not %d and %d", c.name, first, last, c.first, c.last)
		}
	}
}
