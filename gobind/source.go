package gobind

// #include <synscreen/engine.h>
import "C"

import (
	"net/netip"

	"synscreen/pkg/dataplane"
)

// mappedBits is the length of the prefix that IPv4 addresses are mapped to.
const mappedBits = 96

// Sources is screen_engine_sources(): up to limit source prefixes, those with the most SYNs first.
func (e *Engine) Sources(limit int) ([]dataplane.Source, error) {
	if err := e.check(); err != nil {
		return nil, err
	}
	if limit <= 0 {
		return nil, nil
	}
	raw := make([]C.struct_screen_source_row, limit)
	count := C.screen_engine_sources(e.handle, &raw[0], C.uint32_t(limit))
	if count < 0 {
		return nil, newError(count, &C.struct_screen_error_info{})
	}
	rows := make([]dataplane.Source, min(int(count), limit))
	for i := range rows {
		rows[i] = dataplane.Source{
			Zone:   text(raw[i].zone[:]),
			Prefix: prefix(&raw[i].address, raw[i].length),
			SYNs:   uint64(raw[i].syns),
		}
	}
	return rows, nil
}

func prefix(raw *[16]C.uint8_t, length C.uint8_t) netip.Prefix {
	addr, bits := addrPort(raw, 0).Addr(), int(length)
	if addr.Is4() {
		bits -= mappedBits
	}
	return netip.PrefixFrom(addr, bits).Masked()
}
