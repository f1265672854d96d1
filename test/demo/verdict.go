package main

import (
	"fmt"
	"io"
	"slices"
)

// What the acts must show.
const (
	connectionsMin        = 300     // of act three
	floodMin              = 200_000 // SYNs a second, as driver and engine count them
	unprotectedPercentMax = 50      // of act two's connections
)

// condition is one thing that must hold, said with its numbers.
type condition struct {
	holds bool
	text  string
}

func that(holds bool, format string, args ...any) condition {
	return condition{holds, fmt.Sprintf(format, args...)}
}

// verdict is all of them.
type verdict []condition

// judge judges the results of the three acts.
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
	tried := len(r.attempts)
	return that(tried > 0 && r.succeeded() == tried,
		"act 1: %d of %d connections succeeded (all must)", r.succeeded(), tried)
}

func judgeUnprotected(r result) condition {
	tried := len(r.attempts)
	percent := 100 * float64(r.succeeded()) / float64(max(tried, 1))
	return that(tried > 0 && percent < unprotectedPercentMax,
		"act 2: %d of %d connections succeeded, %.0f %% (under %d %% must)", r.succeeded(), tried,
		percent, unprotectedPercentMax)
}

func judgeSuccess(r result) condition {
	tried := len(r.attempts)
	return that(tried >= connectionsMin && r.succeeded() == tried,
		"act 3: %d of %d connections succeeded within %d s (all of at least %d must)",
		r.succeeded(), tried, secondsMax, connectionsMin)
}

func judgeFamilies(r result) condition {
	by := map[int]int{}
	for _, a := range r.attempts {
		by[a.Family]++
	}
	return that(by[4] == by[6], "act 3: %d of them were made over IPv4, %d over IPv6 (half must each)",
		by[4], by[6])
}

func judgeChallenged(r result) condition {
	tried := uint64(len(r.attempts))
	return that(r.counted.cookiesValid >= tried,
		"act 3: %d valid cookies came back for %d connections (one for each must)",
		r.counted.cookiesValid, tried)
}

func judgeAdmitted(r result) condition {
	return that(r.counted.admitted == 0,
		"act 3: %d SYNs passed unchallenged, in calm, by a white-list or to ask (none may)",
		r.counted.admitted)
}

// judgeFlood leaves the legitimate connections out of what was counted.
func judgeFlood(r result) condition {
	spoofed := max(r.rate-float64(len(r.attempts))/r.counted.at.Seconds(), 0)
	return that(spoofed >= floodMin,
		"act 3: the wire received %s spoofed SYNs a second, on average over %.1f s (%s must be)",
		count(spoofed), r.counted.at.Seconds(), count(floodMin))
}

func (v verdict) passed() bool {
	return !slices.ContainsFunc(v, func(c condition) bool { return !c.holds })
}

func (v verdict) print(out io.Writer) {
	fmt.Fprintln(out)
	for _, c := range v {
		mark := "  ok  "
		if !c.holds {
			mark = "FAILED"
		}
		fmt.Fprintf(out, "%s  %s\n", mark, c.text)
	}
}
