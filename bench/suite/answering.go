package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"text/tabwriter"
	"time"

	"synscreen/bench/report"
	"synscreen/bench/usage"
)

const (
	answeringMillis = 1000
	costShareMin    = 0.2                    // of a processor
	settle          = 300 * time.Millisecond // between two storms

	maximum = math.MaxInt // of a storm: as many as can be
)

var answeringRates = []int{10_000, 50_000, 100_000, 200_000, 500_000, 1_000_000, maximum}

// answer is a row: what a system made of a storm.
type answer struct {
	System  string        `json:"system"`
	Wanted  int           `json:"wanted"` // SYNs a second; the greatest number: as many as can be
	Offered report.Sample `json:"offered"`
	Answers report.Sample `json:"answers"` // a second
	Cost    report.Sample `json:"cost_ns"` // of the system's processor for each answer
	Noise   report.Number `json:"noise"`   // of the answers
	Trouble trouble       `json:"trouble"`
}

type answeringResults struct {
	Machine report.Machine `json:"machine"`
	Rounds  int            `json:"rounds"`
	Rows    []*answer      `json:"rows"`
	Trouble trouble        `json:"trouble"` // of whole systems
}

// answering measures how many spoofed SYNs are answered.
func answering(ctx context.Context, rounds int, p *progress) error {
	r := answeringResults{Machine: report.Describe(), Rounds: rounds}
	for _, s := range systems {
		for _, rate := range answeringRates {
			r.Rows = append(r.Rows, &answer{System: s.name, Wanted: rate})
		}
	}
	for i := range r.Rounds {
		for j, s := range systems {
			p.step(i*len(systems)+j, rounds*len(systems), fmt.Sprintf("round %d of %d: %s", i+1, rounds, s.name))
			if err := again(ctx, &r.Trouble, func() error { return r.round(ctx, s) }); err != nil {
				return err
			}
		}
	}
	var missing error
	for _, row := range r.Rows {
		row.Noise = row.Answers.Noise()
		missing = errors.Join(missing,
			row.Trouble.measured(len(row.Answers), row.System+" at "+rateName(row.Wanted)))
	}
	r.print(os.Stdout)
	if err := report.StorePlot("answering", r.plot()); err != nil {
		return err
	}
	return errors.Join(missing, report.Store("answering", r))
}

// round measures one system at all rates.
func (r *answeringResults) round(ctx context.Context, s system) error {
	g, err := s.build(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	defer g.leave()
	// a first one, of which nothing is noted: it makes the system aware of the flood
	if _, _, err := g.storm(ctx, answeringRates[0], 500); err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	for _, row := range r.Rows {
		if row.System != s.name {
			continue
		}
		if err := again(ctx, &row.Trouble, func() error { return g.answers(ctx, row) }); err != nil {
			return err
		}
	}
	return nil
}

// answers notes what the system makes of one storm.
func (g *ground) answers(ctx context.Context, row *answer) error {
	storm, used, err := g.storm(ctx, row.Wanted, answeringMillis)
	if err != nil {
		return err
	}
	row.Offered = append(row.Offered, storm.Sent/storm.Seconds)
	row.Answers = append(row.Answers, storm.Answers/storm.Seconds)
	row.Cost = append(row.Cost, used/max(storm.Answers, 1)*1e9)
	return nil
}

// build makes a ground with the system at work on it.
func (s system) build(ctx context.Context) (*ground, error) {
	g, err := newGround(ctx, s.way)
	if err != nil {
		return nil, err
	}
	if err := s.start(ctx, g); err != nil {
		return nil, joinClose(err, g)
	}
	return g, nil
}

// storm runs one to its end, and says how long the system's processor was busy.
func (g *ground) storm(ctx context.Context, rate, millis int) (r stormResult, used float64, err error) {
	before, err := usage.Processor(systemCPU)
	if err != nil {
		return r, 0, err
	}
	p, err := g.startStorm(rate, millis)
	if err != nil {
		return r, 0, err
	}
	if r, err = g.endStorm(ctx, p, time.Duration(millis)*time.Millisecond); err != nil {
		return r, 0, err
	}
	after, err := usage.Processor(systemCPU)
	time.Sleep(settle)
	return r, after - before, err
}

func rateName(rate int) string {
	if rate == maximum {
		return "max"
	}
	return fmt.Sprint(rate)
}

func (r *answeringResults) print(w io.Writer) {
	fmt.Fprintf(w, "\nAnswering: spoofed SYNs offered by processor %s, SYN-ACKs of a system that has "+
		"processor %s; medians of %d rounds of %.1f s\n", attackerCPU, systemCPU, r.Rounds, answeringMillis/1000.0)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\twanted/s\toffered/s\tanswers/s\tnoise\tof what was offered\tns per answer\t")
	for _, row := range r.Rows {
		cost := fmt.Sprintf("%.0f", row.Cost.Median())
		if row.Cost.Median()*row.Answers.Median() < costShareMin*1e9 {
			cost = "-" // the kernel's ticks are too coarse for so little
		}
		fmt.Fprintf(t, "%s\t%s\t%.0f\t%.0f\t%s\t%s\t%s\t\n", row.System+row.Trouble.mark(), rateName(row.Wanted),
			row.Offered.Median(), row.Answers.Median(), report.Percent(row.Noise),
			report.Percent(report.Pair(row.Answers, row.Offered, report.Over).Median()), cost)
	}
	t.Flush()
	for _, row := range r.Rows {
		row.Trouble.explain(w, row.System+" at "+rateName(row.Wanted))
	}
	r.Trouble.explain(w, "systems")
}

func (r *answeringResults) plot() *report.Plot {
	p := &report.Plot{Title: "SYNs answered, by SYNs offered", X: "SYN/s offered", Y: "SYN-ACK/s",
		LogX: true, LogY: true}
	for _, s := range systems {
		line := report.Line{Name: s.name}
		for _, row := range r.Rows {
			if row.System == s.name && len(row.Answers) > 0 {
				line.Points = append(line.Points, report.Point{X: row.Offered.Median(), Y: row.Answers.Median()})
			}
		}
		p.Lines = append(p.Lines, line)
	}
	return p
}
