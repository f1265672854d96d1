package report

import (
	"fmt"
	"math"
	"slices"
)

// Sample is what was measured of one thing, round by round.
type Sample []float64

// Median is NaN where nothing was measured.
func (s Sample) Median() float64 { return s.quantile(0.5) }

// Noise is the distance between the quartiles, as a share of the median.
func (s Sample) Noise() float64 {
	return math.Abs((s.quantile(0.75) - s.quantile(0.25)) / s.Median())
}

// quantile interpolates between the two nearest ranks.
func (s Sample) quantile(q float64) float64 {
	if len(s) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(s))
	at := q * float64(len(sorted)-1)
	low := int(at)
	high := min(low+1, len(sorted)-1)
	return sorted[low] + (at-float64(low))*(sorted[high]-sorted[low])
}

// Pair combines what was measured of two things in the same rounds.
func Pair(a, b Sample, combine func(a, b float64) float64) Sample {
	var s Sample
	for i := range min(len(a), len(b)) {
		s = append(s, combine(a[i], b[i]))
	}
	return s
}

// Minus and Over are the usual ways to pair.
func Minus(a, b float64) float64 { return a - b }
func Over(a, b float64) float64  { return a / b }

// Percent writes a share.
func Percent(share float64) string {
	if math.IsNaN(share) || math.IsInf(share, 0) {
		return "-"
	}
	return fmt.Sprintf("%.0f %%", share*100)
}
