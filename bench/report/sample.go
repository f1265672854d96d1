package report

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
)

// Sample is what was measured of one thing, round by round.
type Sample []float64

// Median is NaN where nothing was measured.
func (s Sample) Median() float64 { return s.Quantile(0.5) }

// Noise is the distance between the quartiles, as a share of the median.
func (s Sample) Noise() Number {
	if s.Quantile(0.75) == s.Quantile(0.25) {
		return 0 // also of nothing but zeros
	}
	return Number(math.Abs((s.Quantile(0.75) - s.Quantile(0.25)) / s.Median()))
}

// Quantile interpolates between the two nearest ranks.
func (s Sample) Quantile(q float64) float64 {
	if len(s) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(s))
	at := q * float64(len(sorted)-1)
	low := int(at)
	high := min(low+1, len(sorted)-1)
	return sorted[low] + (at-float64(low))*(sorted[high]-sorted[low])
}

// Mean is NaN where nothing was measured.
func (s Sample) Mean() float64 {
	sum := 0.0
	for _, v := range s {
		sum += v
	}
	return sum / float64(len(s))
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
func Percent[F ~float64](of F) string {
	share := float64(of)
	if math.IsNaN(share) || math.IsInf(share, 0) {
		return "-"
	}
	return fmt.Sprintf("%.0f %%", share*100)
}

// Number is null in JSON where nothing was measured.
type Number float64

// MarshalJSON implements json.Marshaler.
func (n Number) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(n)) || math.IsInf(float64(n), 0) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}
