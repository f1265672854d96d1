package main

import (
	"math"
	"slices"
)

// percentile is the nearest-rank percentile of values; NaN where there are none.
func percentile(values []float64, percent float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	rank := int(math.Ceil(percent / 100 * float64(len(sorted))))
	return sorted[max(rank, 1)-1]
}

// connectTimes are those of the connections that succeeded, in milliseconds.
func (r result) connectTimes() []float64 {
	return r.times(func(a attempt) float64 { return a.Connect })
}

// pageTimes are how long those took until the page was there, in milliseconds.
func (r result) pageTimes() []float64 {
	return r.times(func(a attempt) float64 { return a.Total })
}

func (r result) times(of func(attempt) float64) []float64 {
	var times []float64
	for _, a := range r.attempts {
		if a.Succeeded {
			times = append(times, of(a)*1000)
		}
	}
	return times
}
