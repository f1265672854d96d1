package gobind

// #include <synscreen/engine.h>
import "C"

import (
	"net/netip"
	"slices"
	"time"

	"synscreen/pkg/dataplane"
)

// Events is screen_engine_events(): up to limit events, the oldest first, and how many the engine had no
// room for since the last call.
func (e *Engine) Events(limit int) (events []dataplane.Event, lost uint64, err error) {
	if err := e.check(); err != nil {
		return nil, 0, err
	}
	if limit <= 0 {
		return nil, 0, nil
	}
	raw := make([]C.struct_screen_event, limit)
	var missed C.uint64_t
	count := C.screen_engine_events(e.handle, &raw[0], C.uint32_t(limit), &missed)
	if count < 0 {
		return nil, 0, newError(count, &C.struct_screen_error_info{})
	}
	events = make([]dataplane.Event, min(int(count), limit))
	for i := range events {
		events[i] = newEvent(&raw[i])
	}
	// Workers have a ring each, and these are read one after the other.
	slices.SortStableFunc(events, func(a, b dataplane.Event) int { return a.Time.Compare(b.Time) })
	return events, uint64(missed), nil
}

func newEvent(raw *C.struct_screen_event) dataplane.Event {
	return dataplane.Event{
		Time:        time.Unix(0, int64(raw.realtime_ns)),
		Kind:        dataplane.EventKind(raw.kind),
		Screen:      dataplane.Screen(raw.ids),
		Zone:        text(raw.zone[:]),
		Interface:   text(raw.ifname[:]),
		Source:      endpoint(&raw.source, raw.sport),
		Destination: endpoint(&raw.destination, raw.dport),
		Protocol:    uint8(raw.protocol),
		Dropped:     raw.dropped != 0,
		Looks:       dataplane.Looks(raw.looks),
		Count:       uint64(raw.count),
		Duration:    time.Duration(raw.duration_ns),
	}
}

// endpoint is addrPort, where zeros are no address.
func endpoint(raw *[16]C.uint8_t, port C.uint16_t) netip.AddrPort {
	if *raw == [16]C.uint8_t{} {
		return netip.AddrPort{}
	}
	return addrPort(raw, port)
}
