package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
)

// The ways that are measured.
const (
	bridge    = "kernel bridge"
	unspliced = "wire, unspliced"
	spliced   = "wire, spliced"
)

// results are what was measured, round by round.
type results struct {
	Machine machine `json:"machine"`
	Rounds  int     `json:"rounds"`
	Seconds int     `json:"seconds"`
	Ways    []*way  `json:"ways"`
}

// machine is where it was measured.
type machine struct {
	Processor  string `json:"processor"`
	Processors int    `json:"processors"`
	Kernel     string `json:"kernel"`
}

// way is one row. Ratio is the median of each round's rate to that round's bridge.
type way struct {
	Name        string    `json:"name"`
	BitsPerSec  []float64 `json:"bits_per_second"`
	Retransmits []int     `json:"retransmits"`
	Ratio       float64   `json:"ratio_to_bridge"`
}

func newResults(rounds, seconds int) *results {
	r := &results{Machine: describe(), Rounds: rounds, Seconds: seconds}
	for _, name := range []string{bridge, unspliced, spliced} {
		r.Ways = append(r.Ways, &way{Name: name})
	}
	return r
}

func describe() machine {
	m := machine{Processors: runtime.NumCPU()}
	if text, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		m.Kernel = strings.TrimSpace(string(text))
	}
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if name, value, found := strings.Cut(line, ":"); found && strings.TrimSpace(name) == "model name" {
			m.Processor = strings.TrimSpace(value)
		}
	}
	return m
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
	var ratios []float64
	for i := range w.BitsPerSec {
		ratios = append(ratios, w.BitsPerSec[i]/to.BitsPerSec[i])
	}
	return median(ratios)
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

func (r *results) print(w io.Writer) {
	fmt.Fprintf(w, "one TCP flow from client to server, %d rounds of %d s each, no segmentation offload\n",
		r.Rounds, r.Seconds)
	fmt.Fprintf(w, "%d processors, %s, Linux %s\n\n", r.Machine.Processors, r.Machine.Processor,
		r.Machine.Kernel)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\tMbit/s\tlowest\thighest\tof the bridge\t")
	for _, way := range r.Ways {
		way.Ratio = way.ratio(r.Ways[0])
		fmt.Fprintf(t, "%s\t%.0f\t%.0f\t%.0f\t%.2f\t\n", way.Name, median(way.BitsPerSec)/1e6,
			slices.Min(way.BitsPerSec)/1e6, slices.Max(way.BitsPerSec)/1e6, way.Ratio)
	}
	t.Flush()
	fmt.Fprintf(w, "\nspliced to unspliced: %.2f\n", r.Ways[2].ratio(r.Ways[1]))
}
