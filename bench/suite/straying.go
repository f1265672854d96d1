package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"synscreen/bench/report"
	"synscreen/bench/running"
	"synscreen/bench/usage"
	"synscreen/bench/visiting"
	"synscreen/pkg/control"
	"synscreen/pkg/dataplane"
	"synscreen/test/lab"
)

const calm = "none"

var (
	strayKinds = []string{"ack", "rst", "syn-ack"} // as bench-storm names them
	strayRates = []int{1_000_000, maximum}
)

// strayConf has every destination be flooded, so that no segment of no flow passes without a valid cookie.
const strayConf = `
set security screen ids-option bench tcp syn-flood attack-threshold 200
set security flow syn-cookie activation always
set security flow syn-cookie offload `

// strayDropper is who drops a storm.
type strayDropper struct {
	name       string
	way        way
	conf       string
	syncookies string // the kernel must take cookies where it admits who answers by them
	flood      int    // SYNs a second beside the storm: of a host only what floods is dropped
}

var strayDroppers = []strayDropper{
	{"wire's driver", wire, running.Wire + strayConf + "driver\n", "0", 0},
	{"engine", wire, running.Wire + strayConf + "engine\n", "0", 0},
	{"host's driver", direct, running.Host + strayConf + "driver\n", "1", 5_000},
}

// stray is a row: what a storm of segments of no flow costs a wire or a host, and legitimate connections.
type stray struct {
	By      string           `json:"by"`
	Kind    string           `json:"kind"`
	Wanted  int              `json:"wanted"`            // segments a second; the greatest number: as many as can be
	Offered report.Sample    `json:"offered"`           // all rates are of frames a second
	Driver  report.Sample    `json:"dropped_by_driver"` // for an invalid cookie
	Engine  report.Sample    `json:"dropped_by_engine"` // for any reason
	Lost    report.Sample    `json:"lost_in_ring"`      // of the engine's
	User    report.Sample    `json:"daemon_user"`       // of one processor
	System  report.Sample    `json:"daemon_system"`
	Visits  []visiting.Visit `json:"visits"` // of all rounds
	P50     report.Number    `json:"p50_connect_ms"`
	P99     report.Number    `json:"p99_connect_ms"`
	Trouble trouble          `json:"trouble"`
}

type strayingResults struct {
	Machine report.Machine `json:"machine"`
	Rounds  int            `json:"rounds"`
	Rows    []*stray       `json:"rows"`
	Trouble trouble        `json:"trouble"` // of whole wires
}

func newStraying(rounds int) *strayingResults {
	r := &strayingResults{Machine: report.Describe(), Rounds: rounds}
	for _, d := range strayDroppers {
		r.Rows = append(r.Rows, &stray{By: d.name, Kind: calm})
		for _, kind := range strayKinds {
			for _, rate := range strayRates {
				r.Rows = append(r.Rows, &stray{By: d.name, Kind: kind, Wanted: rate})
			}
		}
	}
	return r
}

// straying measures storms of ACKs, RSTs and SYN-ACKs of no flow, to a destination that floods.
func straying(ctx context.Context, rounds int, p *progress) error {
	r := newStraying(rounds)
	for i := range rounds {
		for j, d := range strayDroppers {
			p.step(i*len(strayDroppers)+j, rounds*len(strayDroppers),
				fmt.Sprintf("round %d of %d: %s", i+1, rounds, d.name))
			if err := again(ctx, &r.Trouble, func() error { return r.round(ctx, d) }); err != nil {
				return err
			}
		}
	}
	r.sum()
	r.print(os.Stdout)
	return report.Store("straying", r)
}

// strayed is a wire or a host on its ground.
type strayed struct {
	*ground
	flood  int
	daemon *lab.Process
	client *control.Client
}

func newStrayed(ctx context.Context, d strayDropper) (s strayed, err error) {
	s.flood = d.flood
	start := func(ctx context.Context, g *ground) (err error) {
		if err := syncookies(d.syncookies)(ctx, g); err != nil {
			return err
		}
		s.daemon, s.client, err = running.Start(ctx, g.Lab, g.front, []byte(d.conf), "taskset", "-c", systemCPU)
		return err
	}
	s.ground, err = system{way: d.way, start: start}.build(ctx)
	return s, err
}

func (r *strayingResults) round(ctx context.Context, d strayDropper) error {
	s, err := newStrayed(ctx, d)
	if err != nil {
		return fmt.Errorf("%s: %w", d.name, err)
	}
	defer s.leave()
	// of these nothing is noted: what the server agrees to is learned
	if _, err := s.visits(ctx, visitsPerSecond/2, visitsPerSecond); err != nil {
		return err
	}
	for _, row := range r.Rows {
		if row.By != d.name {
			continue
		}
		if err := again(ctx, &row.Trouble, func() error { return s.measure(ctx, row) }); err != nil {
			return err
		}
	}
	return nil
}

// measure has visitors come through a storm.
func (s strayed) measure(ctx context.Context, row *stray) error {
	var from, to strayLook
	var visits []visiting.Visit
	var storm stormResult
	_, err := s.under(ctx, s.flood, func() (err error) {
		storm, err = s.under(ctx, row.Wanted, func() (err error) {
			if from, err = s.look(ctx); err != nil {
				return err
			}
			if visits, err = s.visits(ctx, visitsCount, visitsPerSecond); err != nil {
				return err
			}
			to, err = s.look(ctx)
			return err
		}, "--flags", row.Kind)
		return err
	})
	if err != nil {
		return err
	}
	return row.add(storm, from, to, visits)
}

// strayLook is what has become of the storm so far, in frames, and what it has cost.
type strayLook struct {
	at                   time.Time
	own                  usage.Own
	driver, engine, lost float64 // the admitter's are the engine's, which it stands in for
}

func (s strayed) look(ctx context.Context) (l strayLook, err error) {
	status, err := s.client.Status(ctx)
	if err != nil {
		return l, err
	}
	l = lookOf(status)
	l.at = time.Now()
	l.own, err = usage.Process(s.daemon.PID())
	return l, err
}

func lookOf(s dataplane.Status) (l strayLook) {
	for _, p := range s.Ports {
		if p.Interface != frontDev {
			continue
		}
		l.driver, l.lost = float64(p.DriverWork().InvalidCookies), float64(p.KernelRxDropped)
		for _, r := range p.Frames {
			if r.Verdict == dataplane.Drop {
				l.engine += float64(r.Frames)
			}
		}
		for _, c := range p.Shim {
			if c.Counter == "shim_host_cookie_invalid" {
				l.engine += float64(c.Frames)
			}
		}
	}
	return l
}

// check tells whether who is said to drop the storm has dropped it.
func (row *stray) check(driver, engine float64) error {
	mine, other := driver, engine
	if row.By == "engine" {
		mine, other = engine, driver
	}
	if row.By == "engine" && driver > 0 || row.Kind != calm && mine <= other {
		return fmt.Errorf("the driver has dropped %.0f and the engine %.0f: this is no measurement of the %s",
			driver, engine, row.By)
	}
	return nil
}

// add notes a measurement, if it is one of what the row says.
func (row *stray) add(storm stormResult, from, to strayLook, visits []visiting.Visit) error {
	driver, engine := to.driver-from.driver, to.engine-from.engine
	if err := row.check(driver, engine); err != nil {
		return err
	}
	span, own := to.at.Sub(from.at).Seconds(), to.own.Minus(from.own)
	if row.Kind != calm {
		row.Offered = append(row.Offered, storm.Sent/storm.Seconds)
		row.Driver = append(row.Driver, driver/span)
		row.Engine = append(row.Engine, engine/span)
		row.Lost = append(row.Lost, (to.lost-from.lost)/span)
	}
	row.User, row.System = append(row.User, own.User/span), append(row.System, own.System/span)
	row.Visits = append(row.Visits, visits...)
	return nil
}

func (r *strayingResults) sum() {
	for _, row := range r.Rows {
		connects := times(row.Visits, connectTime)
		row.P50, row.P99 = report.Number(connects.Quantile(0.5)), report.Number(connects.Quantile(0.99))
	}
}

func (r *strayingResults) print(w io.Writer) {
	fmt.Fprintf(w, "\nStraying: segments of no flow that processor %s sends to a destination that floods,\nthrough "+
		"a wire or to a host on processor %s; %d visits a second, %d in each of %d rounds, given up after %v;\n"+
		"what is neither dropped nor lost in the engine's ring found the queue of the port full\n",
		attackerCPU, systemCPU, visitsPerSecond, visitsCount, r.Rounds, visiting.VisitMax)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "dropped by\tstorm\twanted/s\toffered/s\tby driver\tby engine\tlost in ring\t"+
		"daemon's user\tsystem\tsucceeded\tconnect p50 ms\tp99 ms\t")
	for _, row := range r.Rows {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%.2f\t%.1f\t\n", row.By,
			row.Kind+row.Trouble.mark(), rateName(row.Wanted), orDash(row.Offered), orDash(row.Driver),
			orDash(row.Engine), orDash(row.Lost), report.Percent(row.User.Median()), report.Percent(row.System.Median()),
			shareName(row.Visits), row.P50, row.P99)
	}
	t.Flush()
	for _, row := range r.Rows {
		row.Trouble.explain(w, row.By+", "+row.Kind+" at "+rateName(row.Wanted))
	}
	r.Trouble.explain(w, "grounds")
}

// orDash is the median of what was measured at all.
func orDash(s report.Sample) string {
	if len(s) == 0 {
		return "-"
	}
	return fmt.Sprintf("%.0f", s.Median())
}

// shareName is how many visits succeeded, of those that there were.
func shareName(visits []visiting.Visit) string {
	if len(visits) == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f %%", 100*share(visits))
}
