package replay

import "time"

// clock gives the time since the first frame. It never goes back, although a capture's may.
type clock struct {
	first   time.Time
	started bool
	elapsed time.Duration
}

// advance takes a frame's time.
func (c *clock) advance(to time.Time) {
	if !c.started {
		c.first, c.started = to, true
	}
	c.elapsed = max(c.elapsed, to.Sub(c.first))
}

// wall is the capture's time.
func (c *clock) wall() time.Time { return c.first.Add(c.elapsed) }
