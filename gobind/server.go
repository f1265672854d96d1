package gobind

// #include <synscreen/engine.h>
import "C"

import (
	"math"
	"time"

	"synscreen/pkg/dataplane"
)

// Servers is screen_engine_servers(): up to limit known servers from cursor on (0 at first), and the
// cursor of the next call. No rows means the end.
func (e *Engine) Servers(cursor uint64, limit int) ([]dataplane.Server, uint64, error) {
	if err := e.check(); err != nil {
		return nil, cursor, err
	}
	if limit <= 0 {
		return nil, cursor, nil
	}
	raw := make([]C.struct_screen_server_row, limit)
	next := C.uint64_t(cursor)
	count := C.screen_engine_servers(e.handle, &next, &raw[0], C.uint32_t(limit))
	if count < 0 {
		return nil, cursor, newError(count, &C.struct_screen_error_info{})
	}
	rows := make([]dataplane.Server, min(int(count), limit))
	for i := range rows {
		rows[i] = newServer(&raw[i])
	}
	return rows, uint64(next), nil
}

// ClearServers is screen_engine_clear_servers(): it gives of how many servers something was forgotten.
func (e *Engine) ClearServers() (int, error) {
	if err := e.check(); err != nil {
		return 0, err
	}
	count := C.screen_engine_clear_servers(e.handle)
	return int(count), newError(count, &C.struct_screen_error_info{})
}

func newServer(raw *C.struct_screen_server_row) dataplane.Server {
	server := dataplane.Server{
		Zone:        text(raw.zone[:]),
		Address:     addrPort(&raw.address, raw.port),
		MSS:         said(raw, C.SCREEN_SERVER_MSS, uint16(raw.profile.mss)),
		WindowScale: said(raw, C.SCREEN_SERVER_WSCALE, (*uint8)(nil)),
		SACK:        agrees(raw, C.SCREEN_SERVER_SACK),
		Timestamps:  agrees(raw, C.SCREEN_SERVER_TIMESTAMPS),
		ECN:         agrees(raw, C.SCREEN_SERVER_ECN),
		Window:      said(raw, C.SCREEN_SERVER_WINDOW, uint16(raw.profile.window)),
		ForgottenIn: time.Duration(raw.left_s) * time.Second,
		Closed:      raw.closed != 0,
	}
	if raw.profile.has&C.SCREEN_SERVER_WSCALE != 0 {
		shift := uint8(raw.profile.wscale)
		server.WindowScale.Value = &shift
	}
	if raw.idle_s != math.MaxUint32 {
		idle := time.Duration(raw.idle_s) * time.Second
		server.Idle = &idle
	}
	return server
}

func agrees(raw *C.struct_screen_server_row, flag C.uint8_t) dataplane.Said[bool] {
	return said(raw, flag, raw.profile.has&flag != 0)
}

func said[T any](raw *C.struct_screen_server_row, flag C.uint8_t, value T) dataplane.Said[T] {
	switch {
	case raw.preset&flag != 0:
		return dataplane.Said[T]{Value: value, From: dataplane.Configured}
	case raw.profile.known&flag != 0:
		return dataplane.Said[T]{Value: value, From: dataplane.Learned}
	}
	return dataplane.Said[T]{Value: value}
}
