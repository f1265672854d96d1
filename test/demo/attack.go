package main

import (
	"context"
	"errors"
	"strconv"

	"synscreen/test/lab"
)

// The flood. Most of it is IPv4; what IPv6 gets is far above the attack threshold, so that IPv6
// clients are challenged as well. hping3 adds sources from everywhere.
const (
	rate4       = 230_000 // SYNs a second offered
	rate6       = 8_000
	hpingMicros = 1000 // between two of its SYNs

	attackSeconds = 60 // each of them ends by itself, whatever happens to the demo
)

// attack is a flood under way.
type attack struct {
	floods []*lab.Flood
	hping  *lab.Process
}

// startAttack floods the address and port that the clients use, of both families. The generator has
// a processor of its own, as far as there are two.
func startAttack(w *lab.WireLab) (*attack, error) {
	a := &attack{}
	for family, rate := range map[int]int{4: envn("D_RATE", rate4), 6: rate6} {
		flood, err := w.StartFlood(lab.FloodOptions{Family: family, Ports: "80", Rate: rate,
			Seconds: attackSeconds, CPU: attackCPU(), Nice: attackNice()})
		if err != nil {
			return a, err
		}
		a.floods = append(a.floods, flood)
	}
	// it listens for answers on lo, where there are none: a copy of each would slow the flood down
	hping, err := w.Attacker.Start("timeout", strconv.Itoa(attackSeconds), "taskset", "-c",
		attackCPU(), "hping3", "-q", "-I", "lo", "-S", "-p", "80", "-i",
		"u"+strconv.Itoa(hpingMicros), "--rand-source", lab.ServerAddr4)
	a.hping = hping
	return a, err
}

// stop ends the flood.
func (a *attack) stop(ctx context.Context) error {
	var errs []error
	for _, f := range a.floods {
		errs = append(errs, f.Stop(ctx))
	}
	if a.hping != nil {
		errs = append(errs, a.hping.Kill()) // what it says at its end does not matter
	}
	return errors.Join(errs...)
}
