package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"synscreen/bench/report"
	"synscreen/bench/visiting"
)

const (
	visitsPerSecond  = 100
	visitsCount      = 150
	bulkFlows        = 10
	stormHead        = 300 * time.Millisecond // of a storm, before it is looked at
	stormMillisLimit = 20_000
)

var survivingRates = []int{0, 50_000, 200_000, 1_000_000, maximum}

// survival is a row: what became of legitimate connections under a storm.
type survival struct {
	System    string           `json:"system"`
	Wanted    int              `json:"wanted"` // SYNs a second; the greatest number: as many as can be
	Offered   report.Sample    `json:"offered"`
	Answers   report.Sample    `json:"answers"` // to spoofed SYNs, a second
	Successes report.Sample    `json:"successes"`
	Visits    []visiting.Visit `json:"visits"` // of all rounds
	P50       report.Number    `json:"p50_connect_ms"`
	P99       report.Number    `json:"p99_connect_ms"`
	Answer99  report.Number    `json:"p99_answer_ms"`
	Bulk      report.Sample    `json:"bulk_bits_per_second"`
	Noise     report.Number    `json:"noise"` // of the rounds' median connect times
	Trouble   trouble          `json:"trouble"`
	medians   report.Sample
}

type survivingResults struct {
	Machine report.Machine `json:"machine"`
	Rounds  int            `json:"rounds"`
	Rows    []*survival    `json:"rows"`
	Trouble trouble        `json:"trouble"` // of whole systems
}

// surviving measures what legitimate connections see of a flood.
func surviving(ctx context.Context, rounds int, p *progress) error {
	r := survivingResults{Machine: report.Describe(), Rounds: rounds}
	among := slices.DeleteFunc(slices.Clone(systems), func(s system) bool { return s.noSurvival })
	for _, s := range among {
		for _, rate := range survivingRates {
			r.Rows = append(r.Rows, &survival{System: s.name, Wanted: rate})
		}
	}
	for i := range r.Rounds {
		for j, s := range among {
			p.step(i*len(among)+j, rounds*len(among), fmt.Sprintf("round %d of %d: %s", i+1, rounds, s.name))
			if err := again(ctx, &r.Trouble, func() error { return r.round(ctx, s) }); err != nil {
				return err
			}
		}
	}
	var missing error
	for _, row := range r.Rows {
		row.sum()
		missing = errors.Join(missing, row.Trouble.measured(min(len(row.Visits), len(row.Bulk)),
			row.System+" at "+rateName(row.Wanted)))
	}
	r.print(os.Stdout)
	for name, plot := range map[string]*report.Plot{
		"surviving": r.plot("Connections that succeeded, by SYNs offered", "%", false,
			func(s *survival) float64 { return 100 * s.share() }),
		"connecting": r.plot("99th percentile of connect times, by SYNs offered", "ms", true,
			func(s *survival) float64 { return float64(s.P99) }),
		"bulk-flooded": r.plot("Ten bulk flows, by SYNs offered", "Mbit/s", false,
			func(s *survival) float64 { return s.Bulk.Median() / 1e6 }),
	} {
		if err := report.StorePlot(name, plot); err != nil {
			return err
		}
	}
	return errors.Join(missing, report.Store("surviving", r))
}

// round measures one system at all rates, and its bulk flows after the visits.
func (r *survivingResults) round(ctx context.Context, s system) error {
	g, err := s.build(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	defer g.leave()
	// the server has spoken once before anything floods
	if _, err := g.visits(ctx, 5, visitsPerSecond); err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	if _, err := g.startPinned(g.server, "0", sinkRole); err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	for _, row := range r.Rows {
		if row.System != s.name {
			continue
		}
		if err := again(ctx, &row.Trouble, func() error { return g.visitUnder(ctx, row) }); err != nil {
			return err
		}
		if err := again(ctx, &row.Trouble, func() error { return g.bulkUnder(ctx, row) }); err != nil {
			return err
		}
	}
	return nil
}

// under runs something in a storm that has begun.
func (g *ground) under(ctx context.Context, rate int, run func() error, what ...string) (r stormResult, err error) {
	if rate == 0 {
		return r, run()
	}
	p, err := g.startStorm(rate, stormMillisLimit, what...)
	if err != nil {
		return r, err
	}
	time.Sleep(stormHead)
	failed := run()
	err = p.Signal(syscall.SIGTERM)
	if err == nil {
		r, err = g.endStorm(ctx, p, 0)
	}
	time.Sleep(settle)
	return r, errors.Join(failed, err)
}

func (g *ground) visitUnder(ctx context.Context, row *survival) error {
	var visits []visiting.Visit
	storm, err := g.under(ctx, row.Wanted, func() (err error) {
		visits, err = g.visits(ctx, visitsCount, visitsPerSecond)
		return err
	})
	if err != nil {
		return err
	}
	row.Visits = append(row.Visits, visits...)
	row.Successes = append(row.Successes, share(visits))
	row.medians = append(row.medians, times(visits, connectTime).Quantile(0.5))
	if row.Wanted > 0 {
		row.Offered = append(row.Offered, storm.Sent/storm.Seconds)
		row.Answers = append(row.Answers, storm.Answers/storm.Seconds)
	}
	return nil
}

// bulkUnder has ten flows, which were there before, send to the server through a storm.
func (g *ground) bulkUnder(ctx context.Context, row *survival) error {
	p, err := g.startPinned(g.outside, "0", bulkRole, strconv.Itoa(bulkFlows))
	if err != nil {
		return err
	}
	time.Sleep(bulkHead - 2*stormHead) // they connect
	if _, err := g.under(ctx, row.Wanted, func() error { return p.Wait(ctx) }); err != nil {
		return err
	}
	rate, err := strconv.ParseFloat(strings.TrimSpace(p.Stdout()), 64)
	if err != nil {
		return err
	}
	row.Bulk = append(row.Bulk, rate)
	return nil
}

func connectTime(v visiting.Visit) float64 { return v.Connect }
func answerTime(v visiting.Visit) float64  { return v.Answer }

// times are those of the visits that succeeded.
func times(visits []visiting.Visit, of func(visiting.Visit) float64) (s report.Sample) {
	for _, v := range visits {
		if v.Succeeded {
			s = append(s, of(v))
		}
	}
	return s
}

func share(visits []visiting.Visit) float64 {
	return float64(len(times(visits, connectTime))) / float64(max(len(visits), 1))
}

func (row *survival) share() float64 { return share(row.Visits) }

func (row *survival) sum() {
	connects := times(row.Visits, connectTime)
	row.P50, row.P99 = report.Number(connects.Quantile(0.5)), report.Number(connects.Quantile(0.99))
	row.Answer99 = report.Number(times(row.Visits, answerTime).Quantile(0.99))
	row.Noise = row.medians.Noise()
}

func (r *survivingResults) print(w io.Writer) {
	fmt.Fprintf(w, "\nSurviving: %d visits a second, %d in each of %d rounds, given up after %v; "+
		"and %d bulk flows that were there before\n", visitsPerSecond, visitsCount, r.Rounds, visiting.VisitMax, bulkFlows)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\tSYNs wanted/s\toffered/s\tanswered/s\tsucceeded\tconnect p50 ms\tp99 ms\t"+
		"answered p99 ms\tnoise\tbulk Mbit/s\tnoise\t")
	for _, row := range r.Rows {
		offered, answered := "0", "0"
		if row.Wanted > 0 {
			offered = fmt.Sprintf("%.0f", row.Offered.Median())
			answered = fmt.Sprintf("%.0f", row.Answers.Median())
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%.2f\t%.1f\t%.1f\t%s\t%.0f\t%s\t\n", row.System+row.Trouble.mark(),
			rateName(row.Wanted), offered, answered, shareName(row.Visits), row.P50, row.P99, row.Answer99, report.Percent(row.Noise),
			row.Bulk.Median()/1e6, report.Percent(row.Bulk.Noise()))
	}
	t.Flush()
	for _, row := range r.Rows {
		row.Trouble.explain(w, row.System+" at "+rateName(row.Wanted))
	}
	r.Trouble.explain(w, "systems")
}

func (r *survivingResults) plot(title, y string, logY bool, value func(*survival) float64) *report.Plot {
	p := &report.Plot{Title: title, X: "SYN/s offered", Y: y, LogX: true, LogY: logY}
	for _, s := range systems {
		if s.noSurvival {
			continue
		}
		line := report.Line{Name: s.name}
		for _, row := range r.Rows {
			if row.System == s.name && len(row.Offered) > 0 {
				line.Points = append(line.Points, report.Point{X: row.Offered.Median(), Y: value(row)})
			}
		}
		p.Lines = append(p.Lines, line)
	}
	return p
}
