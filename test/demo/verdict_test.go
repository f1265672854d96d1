package main

import (
	"strings"
	"testing"
	"time"
)

// attempts makes n attempts, families in turn, of which so many failed.
func attempts(n, failed int) []attempt {
	all := make([]attempt, n)
	for i := range all {
		all[i] = attempt{Family: 4 + i%2*2, Succeeded: i >= failed, Connect: 0.001, Total: 0.002}
	}
	return all
}

// passing are results with which every condition holds.
func passing() []result {
	counted := reading{at: 20 * time.Second, syns: 4_100_000, cookiesValid: 320}
	return []result{
		{attempts: attempts(60, 0)},
		{attempts: attempts(60, 60)},
		{attempts: attempts(320, 0), counted: counted, rate: counted.rate()},
	}
}

func TestVerdictPassesOnlyWhenEveryConditionHolds(t *testing.T) {
	if v := judge(passing()); !v.passed() {
		t.Fatalf("%+v", v)
	}
	for _, c := range []struct {
		spoil func(r []result)
		says  string
	}{
		{func(r []result) { r[0].attempts[3].Succeeded = false }, "59 of 60"},
		{func(r []result) { r[1].attempts = attempts(60, 30) }, "50 %"},
		{func(r []result) { r[2].attempts[0].Succeeded = false }, "319 of 320"},
		{func(r []result) { r[2].attempts = attempts(298, 0) }, "298 of 298"},
		{func(r []result) { r[2].attempts[0].Family = 6 }, "159 of them"},
		{func(r []result) { r[2].counted.cookiesValid = 319 }, "319 valid cookies"},
		{func(r []result) { r[2].counted.admitted = 1 }, "1 SYNs passed"},
		{func(r []result) { r[2].rate = 200_015 }, "199,999 spoofed"},
	} {
		results := passing()
		c.spoil(results)
		var failed []string
		for _, condition := range judge(results) {
			if !condition.holds {
				failed = append(failed, condition.text)
			}
		}
		if len(failed) != 1 || !strings.Contains(failed[0], c.says) {
			t.Errorf("failed: %q, want only what says %q", failed, c.says)
		}
	}
}
