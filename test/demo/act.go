package main

import (
	"context"
	"time"

	"synscreen/test/lab"
)

// act is one measurement: legitimate connections at a steady rate, and what is counted meanwhile.
type act struct {
	title       string
	connections int
	perSecond   int
	count       counter
}

// result is what an act has come to, so far or in the end.
type result struct {
	title    string
	attempts []attempt
	counted  reading // in the measured time
	rate     float64 // SYNs in the last second; in the end, a second on average
}

// measurement is an act under way.
type measurement struct {
	act
	crowd       *clients
	first, last reading
}

// play measures from before the first connection until after the last, and shows it every second.
func (a act) play(ctx context.Context, w *lab.WireLab, t *table) (result, error) {
	t.begin(a.title)
	first, err := a.count(ctx)
	if err != nil {
		return result{}, err
	}
	crowd, err := startClients(w, a.connections, a.perSecond)
	if err != nil {
		return result{}, err
	}
	m := measurement{act: a, crowd: crowd, first: first, last: first}
	ticks := time.NewTicker(time.Second)
	defer ticks.Stop()
	for {
		over := false
		select {
		case <-ctx.Done():
			return result{}, ctx.Err()
		case <-ticks.C:
		case <-crowd.Done():
			over = true
		}
		r, err := m.read(ctx)
		if err != nil {
			return r, err
		}
		if over {
			r.rate = r.counted.rate()
			t.show(r)
			return r, crowd.Wait(ctx)
		}
		t.show(r)
	}
}

// read is how it stands.
func (m *measurement) read(ctx context.Context) (result, error) {
	now, err := m.count(ctx)
	if err != nil {
		return result{}, err
	}
	attempts, err := m.crowd.attempts()
	r := result{title: m.title, attempts: attempts, counted: now.since(m.first),
		rate: now.since(m.last).rate()}
	m.last = now
	return r, err
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
