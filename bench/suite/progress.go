package main

import (
	"fmt"
	"io"
	"time"
)

// progress says how far a run has come, and how long the rest will take: as long as was planned, and as much
// longer or shorter than that as what is behind was.
type progress struct {
	out     io.Writer
	began   time.Time
	planned time.Duration // all of it
	behind  time.Duration // of what was planned: the parts that are over
	part    part          // the one that runs
	rounds  int
}

func newProgress(out io.Writer, planned time.Duration) *progress {
	return &progress{out: out, began: time.Now(), planned: planned}
}

// enter begins a part.
func (p *progress) enter(next part, rounds int) {
	p.part, p.rounds = next, rounds
	p.step(0, 1, fmt.Sprintf("rounds: %d", rounds))
}

// leave ends it.
func (p *progress) leave() { p.behind += p.part.takes(p.rounds) }

// step says that of so many steps of the part so many are done, and which comes next.
func (p *progress) step(done, of int, next string) {
	behind := p.behind + p.part.takes(p.rounds)*time.Duration(done)/time.Duration(max(of, 1))
	elapsed := time.Since(p.began)
	fmt.Fprintf(p.out, "[%s, about %s to go] %s: %s\n", clock(elapsed), clock(p.remaining(elapsed, behind)),
		p.part.name, next)
}

// remaining believes the plan until a tenth of it is behind.
func (p *progress) remaining(elapsed, behind time.Duration) time.Duration {
	rest := p.planned - behind
	if behind < p.planned/10 {
		return rest
	}
	return time.Duration(float64(rest) * elapsed.Seconds() / behind.Seconds())
}

// clock writes minutes and seconds.
func clock(d time.Duration) string {
	s := int(d.Round(time.Second).Seconds())
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}
