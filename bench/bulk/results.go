package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"synscreen/bench/report"
)

// The ways that are measured.
const (
	bridge    = "kernel bridge"
	unspliced = "wire, unspliced"
	spliced   = "wire, spliced"
)

// results are what was measured, round by round.
type results struct {
	Machine report.Machine `json:"machine"`
	Rounds  int            `json:"rounds"`
	Seconds int            `json:"seconds"`
	Ways    []*way         `json:"ways"`
}

// way is one row. Ratio is the median of each round's rate to that round's bridge.
type way struct {
	Name        string        `json:"name"`
	BitsPerSec  report.Sample `json:"bits_per_second"`
	Retransmits []int         `json:"retransmits"`
	Ratio       float64       `json:"ratio_to_bridge"`
}

func newResults(rounds, seconds int) *results {
	r := &results{Machine: report.Describe(), Rounds: rounds, Seconds: seconds}
	for _, name := range []string{bridge, unspliced, spliced} {
		r.Ways = append(r.Ways, &way{Name: name})
	}
	return r
}

func (r *results) add(name string, bitsPerSec float64, retransmits int) {
	for _, w := range r.Ways {
		if w.Name == name {
			w.BitsPerSec = append(w.BitsPerSec, bitsPerSec)
			w.Retransmits = append(w.Retransmits, retransmits)
		}
	}
}

// ratio pairs each round's rate with that round's of another way.
func (w *way) ratio(to *way) float64 {
	return report.Pair(w.BitsPerSec, to.BitsPerSec, report.Over).Median()
}

func (r *results) print(w io.Writer) {
	fmt.Fprintf(w, "one TCP flow from client to server, %d rounds of %d s each, no segmentation offload\n",
		r.Rounds, r.Seconds)
	fmt.Fprintf(w, "%v\n\n", r.Machine)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\tMbit/s\tlowest\thighest\tof the bridge\t")
	for _, way := range r.Ways {
		way.Ratio = way.ratio(r.Ways[0])
		fmt.Fprintf(t, "%s\t%.0f\t%.0f\t%.0f\t%.2f\t\n", way.Name, way.BitsPerSec.Median()/1e6,
			slices.Min(way.BitsPerSec)/1e6, slices.Max(way.BitsPerSec)/1e6, way.Ratio)
	}
	t.Flush()
	fmt.Fprintf(w, "\nspliced to unspliced: %.2f\n", r.Ways[2].ratio(r.Ways[1]))
}
