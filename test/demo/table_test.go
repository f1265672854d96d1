package main

import (
	"math"
	"strings"
	"testing"
)

func TestPercentileIsTheNearestRank(t *testing.T) {
	values := []float64{5, 1, 4, 2, 3}
	for _, c := range []struct{ percent, want float64 }{{0, 1}, {20, 1}, {50, 3}, {80, 4}, {99, 5}, {100, 5}} {
		if got := percentile(values, c.percent); got != c.want {
			t.Errorf("percentile %v: %v, want %v", c.percent, got, c.want)
		}
	}
	if got := percentile(nil, 50); !math.IsNaN(got) {
		t.Errorf("of nothing: %v, want NaN", got)
	}
}

func TestRowsAreAsWideAsTheHead(t *testing.T) {
	full := result{title: "3 flooded, synscreen", rate: 1_234_567,
		counted: reading{challenges: 99_999_999, cookiesValid: 1000}}
	for range 1000 {
		full.attempts = append(full.attempts, attempt{Succeeded: true, Connect: 2.99999})
	}
	for _, line := range append(head(), full.row(), result{title: "1"}.row()) {
		if len(line) != rowWidth {
			t.Errorf("%d columns, want %d: %q", len(line), rowWidth, line)
		}
	}
}

func TestALiveTableIsDrawnOverItself(t *testing.T) {
	var out strings.Builder
	table := &table{out: &out, live: true}
	table.begin("1 quiet")
	table.begin("2 flooded")
	if got, want := out.String()[strings.Index(out.String(), "\x1b[4A"):], "2 flooded"; !strings.Contains(got, want) {
		t.Errorf("after going 4 lines up: %q, want %q in it", got, want)
	}
}
