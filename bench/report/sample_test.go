package report

import (
	"encoding/json"
	"math"
	"testing"
)

func TestMedianAndNoise(t *testing.T) {
	for _, c := range []struct {
		sample        Sample
		median, noise float64
	}{
		{Sample{7}, 7, 0},
		{Sample{4, 1, 3, 2}, 2.5, 0.6},
		{Sample{10, 20, 30, 40, 1000}, 30, 2.0 / 3},
		{Sample{0, 0, 0}, 0, 0},
		{Sample{-1, -2, -3}, -2, 0.5},
	} {
		if got := c.sample.Median(); got != c.median {
			t.Errorf("%v: median %v, not %v", c.sample, got, c.median)
		}
		if got := float64(c.sample.Noise()); math.Abs(got-c.noise) > 1e-9 {
			t.Errorf("%v: noise %v, not %v", c.sample, got, c.noise)
		}
	}
	text, err := json.Marshal([]Number{1.5, Number(Sample(nil).Median())})
	if err != nil || string(text) != "[1.5,null]" {
		t.Errorf("%s, %v", text, err)
	}
	if !math.IsNaN(Sample(nil).Median()) {
		t.Error("the median of nothing is a number")
	}
}

func TestPairsAreOfTheSameRound(t *testing.T) {
	got := Pair(Sample{10, 40}, Sample{5, 10}, Over)
	if len(got) != 2 || got[0] != 2 || got[1] != 4 {
		t.Errorf("%v", got)
	}
	if got := Pair(Sample{10, 40}, Sample{5}, Minus); len(got) != 1 || got[0] != 5 {
		t.Errorf("a round that has no pair: %v", got)
	}
}
