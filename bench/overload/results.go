package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"synscreen/bench/report"
	"synscreen/pkg/dataplane"
	"synscreen/test/lab"
)

// results are what was measured, round by round.
type results struct {
	Machine    report.Machine `json:"machine"`
	Rounds     int            `json:"rounds"`
	Seconds    int            `json:"seconds"`
	Offload    string         `json:"offload"`
	Directions []*direction   `json:"directions"`
}

// direction is which way the flow's data goes, and where the flood is received.
type direction struct {
	Name    string   `json:"name"`
	Samples []sample `json:"samples"`

	apart bool     // the kernel receives the flood on the generator's processor
	flags []string // of iperf3
	back  bool     // the client receives
}

// sample is one flow, in bits a second.
type sample struct {
	Before float64 `json:"before"`
	During float64 `json:"during"`
	After  float64 `json:"after"`
	Flood  fate    `json:"flood"`
}

// fate is what became of a flood, in SYNs a second.
type fate struct {
	Offered    float64 `json:"offered"`
	Arrived    float64 `json:"arrived"`    // at the XDP program
	Lost       float64 `json:"lost"`       // in a full receive ring of theirs
	LostOther  float64 `json:"lost_other"` // frames of the flow, and others, in a full main ring
	Challenged float64 `json:"challenged"`
	Refused    float64 `json:"over_budget"` // by the reply budget
}

func newResults(rounds, seconds int, offload string) *results {
	r := &results{Machine: report.Describe(), Rounds: rounds, Seconds: seconds, Offload: offload}
	r.Directions = []*direction{
		{Name: "to the server, received apart", apart: true},
		{Name: "to the client, received apart", apart: true, flags: []string{"--reverse"}, back: true},
		{Name: "to the server, received here"},
		{Name: "to the client, received here", flags: []string{"--reverse"}, back: true},
	}
	return r
}

func fateOf(from, to dataplane.Status, took time.Duration, offered float64) fate {
	count := func(s dataplane.Status) (c fate) {
		for _, p := range s.Ports {
			if p.Interface != lab.OuterDev {
				continue
			}
			c.Lost, c.LostOther = float64(p.KernelSynDropped), float64(p.KernelRxDropped)
			for _, shim := range p.Shim {
				if shim.Counter == "shim_syn_to_engine" {
					c.Arrived = float64(shim.Frames)
				}
			}
			driver := p.DriverWork()
			c.Arrived += float64(driver.Challenges + driver.OverRate)
			c.Challenged = float64(driver.Challenges)
			for _, r := range p.Frames {
				switch r.Reason {
				case "reply_challenge":
					c.Challenged += float64(r.Frames)
				case "drop_reply_budget":
					c.Refused = float64(r.Frames)
				}
			}
		}
		return c
	}
	a, b, seconds := count(from), count(to), took.Seconds()
	return fate{Offered: offered, Arrived: (b.Arrived - a.Arrived) / seconds,
		Lost: (b.Lost - a.Lost) / seconds, LostOther: (b.LostOther - a.LostOther) / seconds,
		Challenged: (b.Challenged - a.Challenged) / seconds, Refused: (b.Refused - a.Refused) / seconds}
}

// kept is the share of the rate that a flood left, of the mean of before and after.
func (s sample) kept() float64 { return 2 * s.During / (s.Before + s.After) }

// median is the median of one number of all samples.
func (d *direction) median(of func(sample) float64) float64 {
	var values []float64
	for _, s := range d.Samples {
		values = append(values, of(s))
	}
	return report.Sample(values).Median()
}

func (r *results) print(w io.Writer) {
	fmt.Fprintf(w, "one spliced TCP flow and a flood of SYNs, medians of %d rounds of %d s each, no "+
		"segmentation offload;\nSYNs are answered by offload %s; client, server and wire have all processors "+
		"but the first, which is\nthe generator's; the kernel receives the port's frames on the generator's "+
		"(apart), or on those of the wire (here)\n%v\n\n", r.Rounds, r.Seconds, r.Offload, r.Machine)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "Mbit/s\tcalm\tflooded\tkept\tSYN/s offered\tarrived\tchallenged\tover budget\tlost\t")
	for _, d := range r.Directions {
		fmt.Fprintf(t, "%s\t%.0f\t%.0f\t%.2f\t%.0f\t%.0f\t%.0f\t%.0f\t%.0f\t\n", d.Name,
			d.median(func(s sample) float64 { return (s.Before + s.After) / 2e6 }),
			d.median(func(s sample) float64 { return s.During / 1e6 }), d.median(sample.kept),
			d.median(func(s sample) float64 { return s.Flood.Offered }),
			d.median(func(s sample) float64 { return s.Flood.Arrived }),
			d.median(func(s sample) float64 { return s.Flood.Challenged }),
			d.median(func(s sample) float64 { return s.Flood.Refused }),
			d.median(func(s sample) float64 { return s.Flood.Lost }))
	}
	t.Flush()
}
