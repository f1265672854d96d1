package gobind

// #include <synscreen/engine.h>
import "C"

import (
	"fmt"
	"net/netip"

	"synscreen/pkg/dataplane"
)

// ClearFlows is screen_engine_clear_flows(): it gives how many flows there were.
func (e *Engine) ClearFlows(filter dataplane.FlowFilter) (int, error) {
	if err := e.check(); err != nil {
		return 0, err
	}
	raw, err := newFlowFilter(filter)
	if err != nil {
		return 0, err
	}
	var info C.struct_screen_error_info
	count := C.screen_engine_clear_flows(e.handle, &raw, &info)
	return int(max(count, 0)), newError(count, &info)
}

func newFlowFilter(filter dataplane.FlowFilter) (C.struct_screen_flow_filter, error) {
	raw := C.struct_screen_flow_filter{
		client_port: C.uint16_t(filter.ClientPort),
		server_port: C.uint16_t(filter.ServerPort),
	}
	for _, state := range filter.States {
		raw.states |= 1 << state
	}
	if err := putPrefix(&raw.client, &raw.client_length, "client", filter.Client); err != nil {
		return raw, err
	}
	if err := putPrefix(&raw.server, &raw.server_length, "server", filter.Server); err != nil {
		return raw, err
	}
	return raw, putText(raw.wire[:], "wire", filter.Wire)
}

// putPrefix writes a prefix as the engine has it: IPv4 is a part of IPv6. A prefix of IPv6 that has that
// part in it would select what was not meant.
func putPrefix(octets *[16]C.uint8_t, length *C.uint8_t, what string, prefix netip.Prefix) error {
	if !prefix.IsValid() {
		return nil
	}
	bits := prefix.Bits()
	if prefix.Addr().Is4() {
		bits += mappedBits
	} else if prefix.Contains(netip.AddrFrom16([16]byte{10: 0xff, 11: 0xff})) {
		return fmt.Errorf("pass %s %s to the engine: the prefix has IPv4 in it; name a longer one, such as 2000::/3",
			what, prefix)
	}
	for i, octet := range prefix.Masked().Addr().As16() {
		octets[i] = C.uint8_t(octet)
	}
	*length = C.uint8_t(bits)
	return nil
}
