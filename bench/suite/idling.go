package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"synscreen/bench/report"
	"synscreen/bench/usage"
	"synscreen/bench/visiting"
	"synscreen/pkg/control"
)

const (
	passing   = "XDP program that passes"
	crowdSpan = 1500 * time.Millisecond
)

// idleWay is a host in calm: bare, with a program that does nothing, or with an engine that has nothing to do.
type idleWay struct {
	name      string
	statement string // of its configuration; "": no engine
}

var idleWays = []idleWay{
	{"bare host", ""},
	{passing, ""},
	{"host port", "security flow syn-cookie activation threshold"},
	{"activation kernel, passive-timer 10", kernelActivation(10)},
	{"activation kernel, passive-timer 1", kernelActivation(1)},
	{"activation kernel, passive-timer 0", kernelActivation(0)},
}

// kernelActivation asks the kernel at most once in so many seconds; 0: for every SYN.
func kernelActivation(seconds int) string {
	return fmt.Sprintf("security flow syn-cookie activation kernel\n"+
		"set security flow syn-cookie passive-timer %d\nset security flow syn-cookie flood-timer 10", seconds)
}

// idleConf floods at no rate that is reached here.
const idleConf = `set system dataplane-type userspace
set security screen ids-option web tcp syn-flood attack-threshold 500000
set security zones security-zone world interfaces outer
set security zones security-zone world screen web
set security flow syn-flood-protection-mode syn-cookie
set `

func (w idleWay) start(ctx context.Context, g *ground) error {
	switch {
	case w.name == passing:
		return xdp(ctx, g, "pass")
	case w.statement == "":
		return syncookies("1")(ctx, g)
	}
	return synscreen([]byte(idleConf+w.statement+"\n"), "1")(ctx, g)
}

// idleRow is what a host in calm does.
type idleRow struct {
	Name        string        `json:"name"`
	Connections report.Sample `json:"connections"` // a second
	Cost        report.Sample `json:"cost_ns"`     // of the host's processor for each
	Bulk        report.Sample `json:"bulk_bits_per_second"`
	Asked       report.Sample `json:"asked"` // how often the kernel was asked, for each connection
}

type idlingResults struct {
	Machine report.Machine `json:"machine"`
	Rounds  int            `json:"rounds"`
	Rows    []*idleRow     `json:"rows"`
	Trouble trouble        `json:"trouble"`
}

// idling measures what an engine that has nothing to do costs the host that it protects.
func idling(ctx context.Context, rounds int, p *progress) error {
	r := idlingResults{Machine: report.Describe(), Rounds: rounds}
	for _, w := range idleWays {
		r.Rows = append(r.Rows, &idleRow{Name: w.name})
	}
	for i := range rounds {
		if err := r.round(ctx, i, p); err != nil {
			return err
		}
	}
	r.print(os.Stdout)
	return errors.Join(r.Trouble.measured(len(r.Rows[0].Connections), "all ways"), report.Store("idling", r))
}

// round measures all ways, each of which is first in turn. Rows are paired by rounds: one in which a way has
// failed twice is left out as a whole.
func (r *idlingResults) round(ctx context.Context, i int, p *progress) error {
	measured := make([]idleRow, len(idleWays))
	missed := r.Trouble.Missed
	for j := range idleWays {
		at := (i + j) % len(idleWays)
		way := idleWays[at]
		p.step(i*len(idleWays)+j, r.Rounds*len(idleWays),
			fmt.Sprintf("round %d of %d: %s", i+1, r.Rounds, way.name))
		err := again(ctx, &r.Trouble, func() error {
			measured[at] = idleRow{}
			return way.measure(ctx, &measured[at])
		})
		if err != nil {
			return err
		}
	}
	if r.Trouble.Missed > missed {
		return nil
	}
	for at, m := range measured {
		row := r.Rows[at]
		row.Connections = append(row.Connections, m.Connections...)
		row.Cost = append(row.Cost, m.Cost...)
		row.Bulk = append(row.Bulk, m.Bulk...)
		row.Asked = append(row.Asked, m.Asked...)
	}
	return nil
}

func (w idleWay) measure(ctx context.Context, row *idleRow) error {
	g, err := system{name: w.name, way: direct, start: w.start}.build(ctx)
	if err != nil {
		return err
	}
	defer g.leave()
	if _, err := g.startPinned(g.server, "0", sinkRole); err != nil {
		return err
	}
	if err := g.server.WaitListen(ctx, bulkPort); err != nil {
		return err
	}
	count, err := g.crowd(ctx, row)
	if err != nil {
		return err
	}
	bulk, err := g.bulkRate(ctx)
	if err != nil {
		return err
	}
	row.Bulk = append(row.Bulk, bulk)
	if w.statement == "" {
		return nil
	}
	asked, err := g.askedIdle(ctx)
	row.Asked = append(row.Asked, asked/count)
	return err
}

// crowd has clients connect, ask and be answered without a pause, on the attacker's processor.
func (g *ground) crowd(ctx context.Context, row *idleRow) (count float64, err error) {
	before, err := usage.Processor(systemCPU)
	if err != nil {
		return 0, err
	}
	p, err := g.outside.StartRole(visiting.CrowdRole, visitors.CrowdArguments(crowdSpan)...)
	if err != nil {
		return 0, err
	}
	if err := pinTo(p, attackerCPU, "0"); err != nil {
		return 0, err
	}
	if err := p.Wait(ctx); err != nil {
		return 0, err
	}
	after, err := usage.Processor(systemCPU)
	if err != nil {
		return 0, err
	}
	if count, err = visiting.Count(p); err != nil {
		return 0, err
	}
	row.Connections = append(row.Connections, count/crowdSpan.Seconds())
	row.Cost = append(row.Cost, (after-before)/count*1e9)
	return count, nil
}

// bulkRate is what flows carry that nothing disturbs.
func (g *ground) bulkRate(ctx context.Context) (float64, error) {
	p, err := g.outside.StartRole(bulkRole, strconv.Itoa(bulkFlows))
	if err != nil {
		return 0, err
	}
	if err := errors.Join(pinTo(p, attackerCPU, "0"), p.Wait(ctx)); err != nil {
		return 0, err
	}
	return strconv.ParseFloat(strings.TrimSpace(p.Stdout()), 64)
}

// askedIdle is how often the kernel was asked, of an engine that challenged nobody.
func (g *ground) askedIdle(ctx context.Context) (asked float64, err error) {
	status, err := control.NewClient(filepath.Join(g.Dir(), "control")).Status(ctx)
	if err != nil {
		return 0, err
	}
	for _, zone := range status.Zones {
		if zone.Challenged > 0 {
			return 0, fmt.Errorf("%d SYNs were challenged: this is no measurement of calm", zone.Challenged)
		}
	}
	for _, port := range status.Ports {
		asked += float64(port.Asked())
	}
	return asked, nil
}

func (r *idlingResults) print(w io.Writer) {
	fmt.Fprintf(w, "\nIdling: a host in calm, %d connections at a time for %.1f s, then %d bulk flows; "+
		"medians of %d rounds\n", visiting.CrowdSize, crowdSpan.Seconds(), bulkFlows, r.Rounds)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\tconnections/s\tnoise\tof the bare host's\tus of its processor each\tof the bare host's\t"+
		"bulk Mbit/s\tnoise\tof the bare host's\tasked per connection\t")
	bare := r.Rows[0]
	for _, row := range r.Rows {
		asked := "-"
		if len(row.Asked) > 0 {
			asked = fmt.Sprintf("%.4f", row.Asked.Median())
		}
		fmt.Fprintf(t, "%s\t%.0f\t%s\t%.2f\t%.1f\t%.2f\t%.0f\t%s\t%.2f\t%s\t\n", row.Name,
			row.Connections.Median(), report.Percent(row.Connections.Noise()),
			report.Pair(row.Connections, bare.Connections, report.Over).Median(), row.Cost.Median()/1000,
			report.Pair(row.Cost, bare.Cost, report.Over).Median(), row.Bulk.Median()/1e6,
			report.Percent(row.Bulk.Noise()), report.Pair(row.Bulk, bare.Bulk, report.Over).Median(), asked)
	}
	t.Flush()
	r.Trouble.explain(w, "ways")
}
