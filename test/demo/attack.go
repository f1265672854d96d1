package main

import (
	"context"
	"errors"
	"strconv"

	"synscreen/test/lab"
)

// The flood, in SYNs a second offered. Most of it is IPv4; what IPv6 gets is far above the attack
// threshold, so that IPv6 clients are challenged as well.
const (
	rate4     = 212_000 // by our generator, from lab.SpoofedPrefix4
	rate6     = 8_000   // by our generator, from lab.SpoofedPrefix6
	rateHping = 1_000   // by hping3, over IPv4, from anywhere

	attackSeconds = 60  // each of them ends by itself, whatever becomes of the demo
	attackNice    = -10 // a flood does not wait its turn
)

// attack is a flood under way.
type attack struct {
	floods []*lab.Flood
	hping  *lab.Process
}

// startAttack floods the address and port that the clients use, of both families.
func startAttack(w *lab.WireLab) (*attack, error) {
	a := &attack{}
	for family, rate := range map[int]int{4: rate4, 6: rate6} {
		flood, err := w.StartFlood(lab.FloodOptions{Family: family, Ports: "80", Rate: rate,
			Seconds: attackSeconds, Nice: attackNice})
		if err != nil {
			return a, err
		}
		a.floods = append(a.floods, flood)
	}
	// It listens for answers on lo, where none come: copying each would slow the flood down.
	hping, err := w.Attacker.Start("hping3", "--quiet", "--interface", "lo", "--syn",
		"--destport", "80", "--rand-source", "--interval", "u"+strconv.Itoa(1_000_000/rateHping),
		"--count", strconv.Itoa(rateHping*attackSeconds), lab.ServerAddr4)
	a.hping = hping
	return a, err
}

// stop ends the flood.
func (a *attack) stop(ctx context.Context) error {
	var errs []error
	for _, f := range a.floods {
		errs = append(errs, f.Stop(ctx))
	}
	return errors.Join(append(errs, a.hping.Kill())...)
}
