package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"text/tabwriter"

	"synscreen/bench/report"
)

const (
	axisMiss, axisMemory = "cache miss", "bytes per flow"
)

// axes are what grows, and which frames are measured meanwhile.
var axes = []struct{ name, frames string }{
	{"live flows", "a data segment of one of them, at random"},
	{"validated clients", "a SYN of none of them, challenged"},
	{"white-list entries", "a SYN of none of them, challenged"},
	{"zones", "a SYN, challenged, each burst in the next of half of them"},
	{"workers", "a SYN, challenged, all for one destination"},
}

// step is a row: the cost of a frame at one size.
type step struct {
	Axis   string        `json:"axis"`
	Size   int           `json:"size"`
	NS     report.Sample `json:"ns"`
	Median float64       `json:"median_ns"`
	Noise  report.Number `json:"noise"`
	Growth float64       `json:"growth_ns"` // over the first step, paired by round
}

type growingResults struct {
	Machine      report.Machine `json:"machine"`
	Rounds       int            `json:"rounds"`
	CacheMiss    report.Sample  `json:"cache_miss_ns"`
	BytesPerFlow float64        `json:"bytes_per_flow"`
	Steps        []*step        `json:"steps"`
}

// growing measures how the cost of a frame grows.
func growing(ctx context.Context, rounds int, _ *progress) error {
	r := growingResults{Machine: report.Describe(), Rounds: rounds}
	type line struct {
		Axis string  `json:"axis"`
		X    int     `json:"x"`
		NS   float64 `json:"ns"`
	}
	err := benchTool(ctx, func(l line) { r.add(l.Axis, l.X, l.NS) }, "bench-growing",
		strconv.Itoa(r.Rounds), strconv.Itoa(runtime.NumCPU()))
	if err != nil {
		return err
	}
	for _, s := range r.Steps {
		s.Median, s.Noise = s.NS.Median(), s.NS.Noise()
		s.Growth = report.Pair(s.NS, r.first(s.Axis).NS, report.Minus).Median()
	}
	r.print(os.Stdout)
	if err := report.StorePlot("growing", r.plot()); err != nil {
		return err
	}
	return report.Store("growing", r)
}

func (r *growingResults) add(axis string, x int, ns float64) {
	switch axis {
	case axisMiss:
		r.CacheMiss = append(r.CacheMiss, ns)
		return
	case axisMemory:
		r.BytesPerFlow = ns
		return
	}
	for _, s := range r.Steps {
		if s.Axis == axis && s.Size == x {
			s.NS = append(s.NS, ns)
			return
		}
	}
	r.Steps = append(r.Steps, &step{Axis: axis, Size: x, NS: report.Sample{ns}})
}

func (r *growingResults) first(axis string) *step {
	for _, s := range r.Steps {
		if s.Axis == axis {
			return s
		}
	}
	return nil
}

func (r *growingResults) print(w io.Writer) {
	miss := r.CacheMiss.Median()
	fmt.Fprintf(w, "\nGrowing: ns per frame in bursts of 64, medians of %d rounds\n", r.Rounds)
	fmt.Fprintf(w, "A cache miss, one line of 256 MiB at random, takes %.0f ns here (noise %s). "+
		"A flow takes %.0f bytes.\n", miss, report.Percent(r.CacheMiss.Noise()), r.BytesPerFlow)
	for _, a := range axes {
		fmt.Fprintf(w, "\n%s: %s\n", a.name, a.frames)
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintf(t, "%s\tns\tnoise\tgrowth\tin cache misses\t\n", a.name)
		for _, s := range r.Steps {
			if s.Axis == a.name {
				fmt.Fprintf(t, "%d\t%.1f\t%s\t%.1f\t%.1f\t\n", s.Size, s.Median,
					report.Percent(s.Noise), s.Growth, s.Growth/miss)
			}
		}
		t.Flush()
	}
}

func (r *growingResults) plot() *report.Plot {
	p := &report.Plot{Title: "What a frame costs, by what is kept", X: "how many", Y: "ns", LogX: true}
	for _, a := range axes {
		line := report.Line{Name: a.name}
		for _, s := range r.Steps {
			if s.Axis == a.name {
				line.Points = append(line.Points, report.Point{X: float64(s.Size), Y: s.Median})
			}
		}
		p.Lines = append(p.Lines, line)
	}
	return p
}
