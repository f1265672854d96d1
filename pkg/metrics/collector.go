// Package metrics shows the engine's counters to Prometheus.
package metrics

import (
	"context"
	"runtime"
	"runtime/debug"

	"github.com/prometheus/client_golang/prometheus"

	"synscreen/pkg/dataplane"
)

// Source gives one reading of the engine, and what the daemon knows of its events.
type Source interface {
	Status(ctx context.Context) (dataplane.Status, error)
	EventTotals() EventTotals
}

// Collector reads the engine once for each scrape.
type Collector struct {
	source  Source
	metrics []metric
	events  []eventMetric
	up      *prometheus.Desc
	build   *prometheus.Desc
	version string
}

// metric is one family and how to read it out of a status.
type metric struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	read func(status *dataplane.Status, emit emit)
}

// emit adds one sample of a family.
type emit func(value float64, labels ...string)

// NewCollector makes a collector; the caller registers it.
func NewCollector(source Source) *Collector {
	version := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		version = info.Main.Version
	}
	return &Collector{
		source:  source,
		metrics: families(),
		events:  eventFamilies(),
		up: prometheus.NewDesc("synscreen_up",
			"Whether the engine gave its status to this scrape.", nil, nil),
		build: prometheus.NewDesc("synscreen_build_info",
			"Always 1; the labels describe the program.", []string{"version", "go_version"}, nil),
		version: version,
	}
}

// Describe sends every family.
func (c *Collector) Describe(descs chan<- *prometheus.Desc) {
	descs <- c.up
	descs <- c.build
	for _, m := range c.metrics {
		descs <- m.desc
	}
	for _, m := range c.events {
		descs <- m.desc
	}
}

// Collect sends every sample of one reading.
func (c *Collector) Collect(samples chan<- prometheus.Metric) {
	samples <- prometheus.MustNewConstMetric(c.build, prometheus.GaugeValue, 1, c.version, runtime.Version())
	totals := c.source.EventTotals()
	for _, m := range c.events {
		samples <- prometheus.MustNewConstMetric(m.desc, prometheus.CounterValue, float64(m.read(totals)))
	}
	status, err := c.source.Status(context.Background())
	samples <- prometheus.MustNewConstMetric(c.up, prometheus.GaugeValue, truth(err == nil))
	if err != nil {
		return
	}
	for _, m := range c.metrics {
		m.read(&status, func(value float64, labels ...string) {
			samples <- prometheus.MustNewConstMetric(m.desc, m.kind, value, labels...)
		})
	}
}

func truth(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
