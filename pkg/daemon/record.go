package daemon

import (
	"context"
	"log/slog"
	"maps"
	"math"
	"net/netip"
	"slices"
	"time"

	"synscreen/pkg/dataplane"
)

// record is one line about an event, for the log and for syslog.
type record struct {
	time   time.Time
	level  slog.Level
	tag    string
	text   string
	fields []field
}

// field is a value with its names: the log's, and Junos's in structured data.
type field struct {
	key, junos string
	value      any
}

func (r record) log(log *slog.Logger) {
	attrs := make([]slog.Attr, 0, 1+len(r.fields))
	attrs = append(attrs, slog.String("tag", r.tag))
	for _, f := range r.fields {
		attrs = append(attrs, slog.Any(f.key, f.value))
	}
	log.LogAttrs(context.Background(), r.level, r.text, attrs...)
}

func newEventRecord(event dataplane.Event) record {
	r := record{time: event.Time, level: slog.LevelWarn, tag: event.Screen.Tag(), text: "screen has acted"}
	r.add("attack", "attack-name", event.Screen.Row())
	r.addEndpoint("source", event.Source)
	r.addEndpoint("destination", event.Destination)
	if event.Protocol != 0 {
		r.add("protocol", "protocol-id", event.Protocol)
	}
	r.add("zone", "source-zone-name", event.Zone)
	if event.Interface != "" {
		r.add("interface", "interface-name", event.Interface)
	}
	switch event.Kind {
	case dataplane.EventAlarm:
		r.text = "SYN flood alarm"
	case dataplane.EventFloodStart:
		r.text = "SYN flood began"
	case dataplane.EventFloodEnd:
		r.text, r.level = "SYN flood ended", slog.LevelInfo
		r.add("duration_s", "elapsed-time", math.Round(event.Duration.Seconds()*10)/10)
		r.add("syns", "syn-count", event.Count)
		r.add("looks", "looks", event.Looks.String())
		return r
	case dataplane.EventScreen:
	}
	r.add("count", "repeat-count", event.Count)
	r.add("action", "action", action(event))
	return r
}

// action gives Junos's word for what was done.
func action(event dataplane.Event) string {
	if event.Dropped {
		return "drop"
	}
	return "alarm-without-drop"
}

func (r *record) add(key, junos string, value any) {
	r.fields = append(r.fields, field{key, junos, value})
}

// addEndpoint adds an address that matters, and its port where it has one.
func (r *record) addEndpoint(end string, at netip.AddrPort) {
	if !at.Addr().IsValid() {
		return
	}
	r.add(end, end+"-address", at.Addr().String())
	if at.Port() != 0 {
		r.add(end+"_port", end+"-port", at.Port())
	}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
