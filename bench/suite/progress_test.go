package main

import (
	"strings"
	"testing"
	"time"
)

func TestRemainingIsPlannedThenCorrectedByWhatIsBehind(t *testing.T) {
	p := newProgress(nil, 10*time.Minute)
	for _, row := range []struct{ elapsed, behind, want time.Duration }{
		{0, 0, 10 * time.Minute},
		{50 * time.Second, 30 * time.Second, 9*time.Minute + 30*time.Second},
		{4 * time.Minute, 2 * time.Minute, 16 * time.Minute},
		{time.Minute, 2 * time.Minute, 4 * time.Minute},
		{20 * time.Minute, 10 * time.Minute, 0},
	} {
		if got := p.remaining(row.elapsed, row.behind); got != row.want {
			t.Errorf("after %v, with %v behind: %v, not %v", row.elapsed, row.behind, got, row.want)
		}
	}
}

func TestStepsOfAPartCountTowardsItsPlan(t *testing.T) {
	var out strings.Builder
	one := part{name: "one", fixed: 10 * time.Second, each: 20 * time.Second}
	p := newProgress(&out, 10*time.Minute)
	p.enter(one, 1)
	p.step(1, 2, "second half")
	p.leave()
	p.enter(part{name: "two"}, 3)
	want := "[0:00, about 10:00 to go] one: rounds: 1\n" +
		"[0:00, about 9:45 to go] one: second half\n" +
		"[0:00, about 9:30 to go] two: rounds: 3\n"
	if out.String() != want {
		t.Errorf("got %s, not %s", out.String(), want)
	}
}

// What make bench promises: a quarter of an hour, with some to spare for a machine that is not idle.
func TestAllPartsAsTheyAreTakeThirteenMinutes(t *testing.T) {
	if all := planned(parts, 0); all > 13*time.Minute {
		t.Errorf("%v", all)
	}
}
