package metrics

import "github.com/prometheus/client_golang/prometheus"

// EventTotals is what became of the engine's events since the daemon's start.
type EventTotals struct {
	Logged        uint64
	Suppressed    uint64 // too many of their tag in a second
	Lost          uint64 // the engine had no room
	SyslogSent    uint64
	SyslogDropped uint64
}

// eventMetric is one family that the daemon, and not the engine, knows.
type eventMetric struct {
	desc *prometheus.Desc
	read func(EventTotals) uint64
}

func eventFamilies() []eventMetric {
	return []eventMetric{
		eventCounter("events_logged_total", "Events of the engine that were logged.",
			func(t EventTotals) uint64 { return t.Logged }),
		eventCounter("events_suppressed_total", "Events that were not logged: too many of their tag in a second.",
			func(t EventTotals) uint64 { return t.Suppressed }),
		eventCounter("events_lost_total", "Events that the engine had no room for.",
			func(t EventTotals) uint64 { return t.Lost }),
		eventCounter("syslog_sent_total", "Messages that were sent to syslog.",
			func(t EventTotals) uint64 { return t.SyslogSent }),
		eventCounter("syslog_dropped_total", "Messages that syslog could not be sent in time.",
			func(t EventTotals) uint64 { return t.SyslogDropped }),
	}
}

func eventCounter(name, help string, read func(EventTotals) uint64) eventMetric {
	return eventMetric{desc: prometheus.NewDesc("synscreen_"+name, help, nil, nil), read: read}
}
