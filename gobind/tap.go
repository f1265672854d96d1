package gobind

// #include <synscreen/engine.h>
import "C"

import (
	"net/netip"
	"time"
	"unsafe"

	"synscreen/pkg/dataplane"
)

// tapWords is the room for copied frames, in 8 bytes: records begin so aligned.
const tapWords = 1 << 17

// Tap is screen_engine_tap(); nil ends it.
func (e *Engine) Tap(filter *dataplane.TapFilter) error {
	if err := e.check(); err != nil {
		return err
	}
	var info C.struct_screen_error_info
	if filter == nil {
		return newError(C.screen_engine_tap(e.handle, nil, &info), &info)
	}
	raw := C.struct_screen_tap_filter{snap_length: C.uint32_t(filter.SnapLength)}
	if err := putText(raw.ifname[:], "interface", filter.Interface); err != nil {
		return err
	}
	if filter.Tuple != nil {
		raw.has_tuple = 1
		for i, end := range filter.Tuple {
			raw.port[i] = C.uint16_t(end.Port())
			putMapped(&raw.address[i], end.Addr())
		}
	}
	return newError(C.screen_engine_tap(e.handle, &raw, &info), &info)
}

// TapRead is screen_engine_tap_read(): the frames that were copied since the last call, as many as there
// is room for, and how many were lost.
func (e *Engine) TapRead() ([]dataplane.TapFrame, uint64, error) {
	if err := e.check(); err != nil {
		return nil, 0, err
	}
	if e.tapped == nil {
		e.tapped = make([]uint64, tapWords)
	}
	var lost C.uint64_t
	size := C.screen_engine_tap_read(e.handle, unsafe.Pointer(&e.tapped[0]), tapWords*8, &lost)
	if size < 0 {
		return nil, 0, newError(size, &C.struct_screen_error_info{})
	}
	bytes := unsafe.Slice((*byte)(unsafe.Pointer(&e.tapped[0])), tapWords*8)
	return e.tables.newTapFrames(bytes[:min(int(size), len(bytes))]), uint64(lost), nil
}

// newTapFrames takes records apart. One that does not fit into what was read ends them.
func (t *tables) newTapFrames(bytes []byte) []dataplane.TapFrame {
	const head = C.sizeof_struct_screen_tap_record
	var frames []dataplane.TapFrame
	for len(bytes) >= head {
		raw := (*C.struct_screen_tap_record)(unsafe.Pointer(&bytes[0]))
		size, captured := int(raw.size), int(raw.captured)
		if size < head || size > len(bytes) || captured > size-head {
			break
		}
		frames = append(frames, t.newTapFrame(raw, bytes[head:head+captured]))
		bytes = bytes[size:]
	}
	return frames
}

func (t *tables) newTapFrame(raw *C.struct_screen_tap_record, data []byte) dataplane.TapFrame {
	frame := dataplane.TapFrame{
		Time:      time.Unix(0, int64(raw.realtime_ns)),
		Interface: text(raw.ifname[:]),
		Side:      dataplane.TapSide(raw.side),
		Length:    uint32(raw.length),
	}
	if len(data) > 0 {
		frame.Data = append([]byte(nil), data...)
	}
	if frame.Side == dataplane.TapIn {
		frame.Verdict = dataplane.Verdict(raw.verdict)
		if int(raw.reason) < len(t.reasons) {
			frame.Reason = t.reasons[raw.reason].Reason
		}
	}
	return frame
}

// putMapped writes an address, IPv4 v4-mapped.
func putMapped(to *[16]C.uint8_t, addr netip.Addr) {
	octets := addr.As16()
	putAddr(to, octets[:])
}
