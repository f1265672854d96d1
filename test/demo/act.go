package main

import (
	"context"
	"time"

	"synscreen/test/lab"
)

const (
	titleQuiet       = "1 quiet, a kernel bridge"
	titleUnprotected = "2 flooded, the same bridge"
	titleProtected   = "3 flooded, synscreen"
)

// act is one measurement: legitimate connections at a steady rate, and what is counted meanwhile.
type act struct {
	title       string
	connections int
	perSecond   int
	count       func(context.Context) (reading, error) // counters that only grow
}

// result is what an act has come to, so far or in the end.
type result struct {
	title    string
	attempts []attempt
	counted  reading // in the measured time
	rate     float64 // SYNs a second: in the last second, in the end on average
	over     bool
}

var began = time.Now()

func sinceBoot() time.Duration { return time.Since(began) }

// play measures from before the first connection until after the last, and shows it every second.
func (a act) play(ctx context.Context, w *lab.WireLab, t *table) (result, error) {
	t.begin(a.title)
	before, err := a.count(ctx)
	if err != nil {
		return result{}, err
	}
	crowd, err := startClients(w, a.connections, a.perSecond)
	if err != nil {
		return result{}, err
	}
	last := before
	ticks := time.NewTicker(time.Second)
	defer ticks.Stop()
	for {
		r := result{title: a.title}
		select {
		case <-ctx.Done():
			return r, ctx.Err()
		case <-ticks.C:
		case <-crowd.Done():
			r.over = true
		}
		now, err := a.count(ctx)
		if err != nil {
			return r, err
		}
		if r.attempts, err = crowd.attempts(); err != nil {
			return r, err
		}
		r.counted = now.since(before)
		r.rate = now.since(last).rate()
		last = now
		if r.over {
			r.rate = r.counted.rate()
			t.show(r)
			return r, crowd.Wait(ctx)
		}
		t.show(r)
	}
}

func (r reading) rate() float64 {
	if r.at <= 0 {
		return 0
	}
	return float64(r.syns) / r.at.Seconds()
}

func (r result) succeeded() int {
	n := 0
	for _, a := range r.attempts {
		if a.Succeeded {
			n++
		}
	}
	return n
}
