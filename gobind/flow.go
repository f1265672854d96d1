package gobind

// #include <synscreen/engine.h>
import "C"

import (
	"net/netip"
	"time"

	"synscreen/pkg/dataplane"
)

// Bits of struct screen_flow_row's closing.
const (
	closingFinClient = 1 << iota
	closingFinServer
	closingReset
)

// Flows is screen_engine_flows(): up to limit rows from cursor on (0 at first), and the cursor of the
// next call. No rows means the end.
func (e *Engine) Flows(cursor uint64, limit int) ([]dataplane.FlowRow, uint64, error) {
	if err := e.check(); err != nil {
		return nil, cursor, err
	}
	if limit <= 0 {
		return nil, cursor, nil
	}
	raw := make([]C.struct_screen_flow_row, limit)
	next := C.uint64_t(cursor)
	count := C.screen_engine_flows(e.handle, &next, &raw[0], C.uint32_t(limit))
	if count < 0 {
		return nil, cursor, newError(count, &C.struct_screen_error_info{})
	}
	rows := make([]dataplane.FlowRow, min(int(count), limit))
	for i := range rows {
		rows[i] = newFlowRow(&raw[i])
	}
	return rows, uint64(next), nil
}

func newFlowRow(raw *C.struct_screen_flow_row) dataplane.FlowRow {
	return dataplane.FlowRow{
		Client:    addrPort(&raw.client, raw.client_port),
		Server:    addrPort(&raw.server, raw.server_port),
		OuterVLAN: uint16(raw.outer_vlan),
		InnerVLAN: uint16(raw.inner_vlan),
		Wire:      text(raw.wire[:]),
		State:     dataplane.FlowState(raw.state),
		Age:       time.Duration(raw.age_s) * time.Second,
		Idle:      time.Duration(raw.idle_s) * time.Second,
		Timeout:   time.Duration(raw.timeout_s) * time.Second,
		FinClient: raw.closing&closingFinClient != 0,
		FinServer: raw.closing&closingFinServer != 0,
		Reset:     raw.closing&closingReset != 0,
	}
}

func addrPort(raw *[16]C.uint8_t, port C.uint16_t) netip.AddrPort {
	var octets [16]byte
	for i, b := range raw {
		octets[i] = byte(b)
	}
	return netip.AddrPortFrom(netip.AddrFrom16(octets).Unmap(), uint16(port))
}
