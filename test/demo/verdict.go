package main

import (
	"fmt"
	"io"
)

// What act three must show, and act two.
const (
	connectionsMin = 300
	floodMin       = 200_000 // SYNs a second, as the engine counts them
	unprotectedMax = 50      // per cent of act two's connections
)

// condition is one thing that must hold, said with its numbers.
type condition struct {
	holds bool
	text  string
}

// verdict is all of them.
type verdict []condition

// judge judges the three acts' results.
func judge(results []result) verdict {
	quiet, unprotected, protected := results[0], results[1], results[2]
	return verdict{
		judgeQuiet(quiet),
		judgeUnprotected(unprotected),
		judgeSuccess(protected),
		judgeFamilies(protected),
		judgeChallenged(protected),
		judgeAdmitted(protected),
		judgeFlood(protected),
	}
}

func judgeQuiet(r result) condition {
	return condition{len(r.attempts) > 0 && r.succeeded() == len(r.attempts), fmt.Sprintf(
		"act one: %d of %d connections succeeded on the quiet network (all must)",
		r.succeeded(), len(r.attempts))}
}

func judgeUnprotected(r result) condition {
	tried := len(r.attempts)
	return condition{tried > 0 && 100*r.succeeded() < unprotectedMax*tried, fmt.Sprintf(
		"act two: %d of %d connections succeeded, %.0f %% (under %d %% must), at %s SYNs a second",
		r.succeeded(), tried, 100*float64(r.succeeded())/float64(max(tried, 1)), unprotectedMax,
		count(uint64(r.rate)))}
}

func judgeSuccess(r result) condition {
	tried := len(r.attempts)
	return condition{tried >= connectionsMin && r.succeeded() == tried, fmt.Sprintf(
		"act three: %d of %d connections succeeded within %d s (all must, %d at least)",
		r.succeeded(), tried, secondsMax, connectionsMin)}
}

func judgeFamilies(r result) condition {
	by := map[int]int{}
	for _, a := range r.attempts {
		by[a.Family]++
	}
	return condition{by[4] == by[6], fmt.Sprintf(
		"act three: %d of them over IPv4 and %d over IPv6 (as many must)", by[4], by[6])}
}

func judgeChallenged(r result) condition {
	tried := uint64(len(r.attempts))
	return condition{r.counted.cookiesValid >= tried, fmt.Sprintf(
		"act three: %d cookies came back valid for %d connections (one for each must)",
		r.counted.cookiesValid, tried)}
}

func judgeAdmitted(r result) condition {
	return condition{r.counted.admitted == 0, fmt.Sprintf(
		"act three: %d SYNs went through unchallenged, in calm or by a white-list (none may)",
		r.counted.admitted)}
}

// judgeFlood leaves the legitimate connections out of what was counted.
func judgeFlood(r result) condition {
	spoofed := r.rate - float64(len(r.attempts))/r.counted.at.Seconds()
	return condition{spoofed >= floodMin, fmt.Sprintf(
		"act three: the engine counted %s spoofed SYNs a second on average over %.1f s "+
			"(%s at least must be)", count(uint64(spoofed)), r.counted.at.Seconds(), count(floodMin))}
}

func (v verdict) passed() bool {
	for _, c := range v {
		if !c.holds {
			return false
		}
	}
	return true
}

func (v verdict) print(out io.Writer) {
	fmt.Fprintln(out)
	for _, c := range v {
		mark := "ok    "
		if !c.holds {
			mark = "FAILED"
		}
		fmt.Fprintf(out, "%s %s\n", mark, c.text)
	}
}
