package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"synscreen/bench/report"
)

const gigabyte = 1e9

// results are what was measured, round by round.
type results struct {
	Machine report.Machine `json:"machine"`
	Rounds  int            `json:"rounds"`
	Seconds int            `json:"seconds"`
	Ways    []*way         `json:"ways"`
}

// way is one row. Ratios are medians of each round's value to that round's of another way.
type way struct {
	Name         string        `json:"name"`
	BitsPerSec   report.Sample `json:"bits_per_second"`
	Retransmits  report.Sample `json:"retransmits"`
	Processor    report.Sample `json:"processor_seconds_per_gigabyte"`
	DaemonUser   report.Sample `json:"daemon_user_seconds_per_gigabyte"`
	DaemonSystem report.Sample `json:"daemon_system_seconds_per_gigabyte"`
	Connections  report.Sample `json:"connections_per_second"`
	OfBridge     ratios        `json:"of_the_bridge"`
	OfRedirect   ratios        `json:"of_the_redirect"`
}

// ratios are of one way to another.
type ratios struct {
	Rate        report.Number `json:"rate"`
	Processor   report.Number `json:"processor"`
	Connections report.Number `json:"connections"`
}

func newResults(rounds, seconds int) *results {
	r := &results{Machine: report.Describe(), Rounds: rounds, Seconds: seconds}
	for _, name := range []string{bridge, redirect, driver, engine, spliced} {
		r.Ways = append(r.Ways, &way{Name: name})
	}
	return r
}

func (r *results) way(name string) *way {
	return r.Ways[slices.IndexFunc(r.Ways, func(w *way) bool { return w.Name == name })]
}

func (r *results) add(name string, m measurement) {
	w, gigabytes := r.way(name), m.flow.Bytes/gigabyte
	w.BitsPerSec = append(w.BitsPerSec, m.flow.BitsPerSecond)
	w.Retransmits = append(w.Retransmits, float64(m.flow.Retransmits))
	w.Processor = append(w.Processor, m.machine/gigabytes)
	w.DaemonUser = append(w.DaemonUser, m.daemon.User/gigabytes)
	w.DaemonSystem = append(w.DaemonSystem, m.daemon.System/gigabytes)
	w.Connections = append(w.Connections, m.connections)
}

// to pairs each round's values with that round's of another way.
func (w *way) to(other *way) ratios {
	of := func(a, b report.Sample) report.Number {
		return report.Number(report.Pair(a, b, report.Over).Median())
	}
	return ratios{Rate: of(w.BitsPerSec, other.BitsPerSec), Processor: of(w.Processor, other.Processor),
		Connections: of(w.Connections, other.Connections)}
}

// sum fills in what follows from the samples.
func (r *results) sum() {
	for _, w := range r.Ways {
		w.OfBridge, w.OfRedirect = w.to(r.way(bridge)), w.to(r.way(redirect))
	}
}

func (r *results) print(w io.Writer) {
	fmt.Fprintf(w, "one TCP flow from client to server for %d s, then connections without a pause for %.0f s; "+
		"medians of %d rounds,\nno segmentation offload, whole checksums; processor time of the whole machine, "+
		"ends included\n%v\n\n", r.Seconds, crowdSpan.Seconds(), r.Rounds, r.Machine)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\tMbit/s\tlowest\thighest\tof bridge\tof redirect\tretransmits\t"+
		"processor s/GB\tof bridge\tof redirect\tdaemon's user\tsystem\t")
	for _, way := range r.Ways {
		fmt.Fprintf(t, "%s\t%.0f\t%.0f\t%.0f\t%.2f\t%.2f\t%.0f\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t\n", way.Name,
			way.BitsPerSec.Median()/1e6, slices.Min(way.BitsPerSec)/1e6, slices.Max(way.BitsPerSec)/1e6,
			way.OfBridge.Rate, way.OfRedirect.Rate, way.Retransmits.Median(), way.Processor.Median(),
			way.OfBridge.Processor, way.OfRedirect.Processor, way.DaemonUser.Median(), way.DaemonSystem.Median())
	}
	t.Flush()
	fmt.Fprintln(w)
	fmt.Fprintln(t, "\tconnections/s\tlowest\thighest\tof bridge\tof redirect\t")
	for _, way := range r.Ways {
		fmt.Fprintf(t, "%s\t%.0f\t%.0f\t%.0f\t%.2f\t%.2f\t\n", way.Name, way.Connections.Median(),
			slices.Min(way.Connections), slices.Max(way.Connections), way.OfBridge.Connections,
			way.OfRedirect.Connections)
	}
	t.Flush()
	fmt.Fprintf(w, "\nspliced to the engine's unspliced: %.2f\n", r.way(spliced).to(r.way(engine)).Rate)
}
