package gobind

// #include <stdlib.h>
// #include <synscreen/engine.h>
import "C"

import (
	"time"
	"unsafe"

	"synscreen/pkg/dataplane"
)

// Validated is screen_engine_validated(): up to limit validated clients from cursor on (0 at first), and
// the cursor of the next call. No rows means the end.
func (e *Engine) Validated(cursor uint64, limit int) ([]dataplane.ValidatedClient, uint64, error) {
	if err := e.check(); err != nil {
		return nil, cursor, err
	}
	if limit <= 0 {
		return nil, cursor, nil
	}
	raw := make([]C.struct_screen_validated_row, limit)
	next := C.uint64_t(cursor)
	count := C.screen_engine_validated(e.handle, &next, &raw[0], C.uint32_t(limit))
	if count < 0 {
		return nil, cursor, newError(count, &C.struct_screen_error_info{})
	}
	rows := make([]dataplane.ValidatedClient, min(int(count), limit))
	for i := range rows {
		rows[i] = dataplane.ValidatedClient{
			Zone:        text(raw[i].zone[:]),
			Client:      addrPort(&raw[i].source, 0).Addr(),
			Destination: addrPort(&raw[i].destination, raw[i].port),
			Left:        time.Duration(raw[i].left_ms) * time.Millisecond,
		}
	}
	return rows, uint64(next), nil
}

// ClearValidated is screen_engine_clear_validated(): it forgets the clients of a zone, or of all.
func (e *Engine) ClearValidated(zone string) error {
	if err := e.check(); err != nil {
		return err
	}
	var name *C.char
	if zone != "" {
		name = C.CString(zone)
		defer C.free(unsafe.Pointer(name))
	}
	var info C.struct_screen_error_info
	return newError(C.screen_engine_clear_validated(e.handle, name, &info), &info)
}
