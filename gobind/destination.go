package gobind

// #include <time.h>
// #include <synscreen/engine.h>
import "C"

import (
	"cmp"
	"fmt"
	"slices"

	"synscreen/pkg/dataplane"
)

// destinationsMax is above what the engine keeps.
const destinationsMax = 4096

// Destinations is screen_engine_destinations(): those with the highest rate first.
func (e *Engine) Destinations() ([]dataplane.Destination, error) {
	if err := e.check(); err != nil {
		return nil, err
	}
	raw := make([]C.struct_screen_destination_row, destinationsMax)
	count := C.screen_engine_destinations(e.handle, &raw[0], destinationsMax)
	if count < 0 {
		return nil, newError(count, &C.struct_screen_error_info{})
	}
	now, err := monotonic()
	if err != nil {
		return nil, err
	}
	rows := make([]dataplane.Destination, min(int(count), destinationsMax))
	for i := range rows {
		rows[i] = newDestination(&raw[i], now)
	}
	slices.SortFunc(rows, func(a, b dataplane.Destination) int {
		return cmp.Or(cmp.Compare(b.SynRate, a.SynRate), cmp.Compare(b.SYNs, a.SYNs),
			a.Address.Compare(b.Address), cmp.Compare(a.Zone, b.Zone))
	})
	return rows, nil
}

func newDestination(raw *C.struct_screen_destination_row, now C.uint64_t) dataplane.Destination {
	return dataplane.Destination{
		Zone:       text(raw.zone[:]),
		Address:    addrPort(&raw.address, raw.port),
		Flooding:   raw.flooding != 0,
		Looks:      dataplane.Looks(raw.looks),
		For:        since(now, raw.since_ns),
		SynRate:    uint32(raw.syn_rate),
		PeakRate:   uint32(raw.peak_rate),
		SYNs:       uint64(raw.syns),
		Challenged: uint64(raw.challenged),
		Valid:      uint64(raw.valid),
		Invalid:    uint64(raw.invalid),
		Refused:    uint64(raw.refused),
	}
}

// monotonic is CLOCK_MONOTONIC, in which the engine tells since when a destination floods.
func monotonic() (C.uint64_t, error) {
	var now C.struct_timespec
	if _, err := C.clock_gettime(C.CLOCK_MONOTONIC, &now); err != nil {
		return 0, fmt.Errorf("read the monotonic clock: %w", err)
	}
	return C.uint64_t(now.tv_sec)*1e9 + C.uint64_t(now.tv_nsec), nil
}
