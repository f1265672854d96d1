package page

// clock is cluster time: a twin of csrc/core/cluster.h, written from its rules. Nanoseconds.
type clock struct {
	now   int64
	rules rules
}

// rules are how cluster time may move.
type rules struct {
	slow, fast int64 // it goes at no less than 1/slow of real speed, and no more than fast times that
	grace      int64 // behind by more than this, it jumps
}

const second = int64(1_000_000_000)

// advance moves the clock on by some real time, after which the wall says so much.
func (c *clock) advance(wall, passed int64) {
	if wall-(c.now+passed) > c.rules.grace {
		c.now = wall
		return
	}
	c.now = min(max(wall, c.now+passed/c.rules.slow), c.now+passed*c.rules.fast)
}

// recovery is how long cluster time needs to agree with a wall clock that it is ahead of by so much.
func (r rules) recovery(ahead int64) (took int64) {
	const step = second / 10 // as often as the engine looks
	wall := 1_700_000_000 * second
	c := clock{now: wall + ahead, rules: r}

	for c.now != wall {
		wall += step
		took += step
		c.advance(wall, step)
	}
	return took
}

// real is how much real time passes while cluster time moves on by so much, at half speed (it is far
// ahead) or at double speed (it is behind).
func (r rules) real(cluster int64, ahead bool) (took int64) {
	const step = second
	wall := 1_700_000_000 * second
	c := clock{now: wall - r.grace, rules: r}
	if ahead {
		c.now = wall + 1_000_000*second
	}

	for end := c.now + cluster; c.now < end; {
		wall += step
		took += step
		c.advance(wall, step)
	}
	return took
}
