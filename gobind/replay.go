package gobind

// #include <synscreen/explain.h>
import "C"

import (
	"errors"
	"fmt"
	"time"
	"unsafe"

	"synscreen/pkg/dataplane"
)

// Replay owns one struct screen_replay. One goroutine at a time may call it.
type Replay struct {
	handle *C.struct_screen_replay
	tables tables
	result C.struct_screen_replay_result
	output *C.struct_screen_replay_output // large, so made once
}

// OpenReplay is screen_replay_open().
func OpenReplay(keyFile string, epoch uint64, snapshot []byte) (*Replay, error) {
	if err := checkABI(); err != nil {
		return nil, err
	}
	var path [C.SCREEN_PATH_SIZE]C.char
	if err := putText(path[:], "key file", keyFile); err != nil {
		return nil, err
	}
	var handle *C.struct_screen_replay
	var info C.struct_screen_error_info
	rc := C.screen_replay_open(&path[0], C.uint64_t(epoch), unsafe.Pointer(unsafe.SliceData(snapshot)),
		C.size_t(len(snapshot)), &handle, &info)
	if rc < 0 {
		return nil, newError(rc, &info)
	}
	return &Replay{handle: handle, tables: newTables(), output: new(C.struct_screen_replay_output)}, nil
}

// Frame is screen_replay_frame(): a frame came in by a port at a time that never goes back.
func (r *Replay) Frame(ifname string, now time.Duration, frame []byte) (dataplane.ReplayResult, error) {
	if r.handle == nil {
		return dataplane.ReplayResult{}, errReplayClosed
	}
	var port [C.SCREEN_IFNAME_SIZE]C.char
	if err := putText(port[:], "interface", ifname); err != nil {
		return dataplane.ReplayResult{}, err
	}
	if len(frame) > dataplane.ReplayFrameMax {
		return dataplane.ReplayResult{}, fmt.Errorf("%d bytes are more than the %d that can be replayed",
			len(frame), dataplane.ReplayFrameMax)
	}
	var info C.struct_screen_error_info
	rc := C.screen_replay_frame(r.handle, &port[0], C.uint64_t(now),
		(*C.uint8_t)(unsafe.SliceData(frame)), C.uint32_t(len(frame)), &r.result, &info)
	if rc < 0 {
		return dataplane.ReplayResult{}, newError(rc, &info)
	}
	return r.tables.newResult(&r.result), nil
}

// Output is screen_replay_output(): the next frame that left because of the last call of Frame; false
// when there is none.
func (r *Replay) Output() (dataplane.ReplayOutput, bool, error) {
	if r.handle == nil {
		return dataplane.ReplayOutput{}, false, errReplayClosed
	}
	rc := C.screen_replay_output(r.handle, r.output)
	if rc <= 0 {
		return dataplane.ReplayOutput{}, false, newError(rc, &C.struct_screen_error_info{})
	}
	data := unsafe.Slice((*byte)(&r.output.data[0]), min(int(r.output.length), len(r.output.data)))
	return dataplane.ReplayOutput{Interface: text(r.output.ifname[:]), Data: data}, true, nil
}

// Close is screen_replay_close(). Closing twice does nothing.
func (r *Replay) Close() {
	C.screen_replay_close(r.handle)
	r.handle = nil
}

var errReplayClosed = errors.New("use the replay: it is closed")

func (t *tables) newResult(raw *C.struct_screen_replay_result) dataplane.ReplayResult {
	result := dataplane.ReplayResult{
		Verdict: dataplane.Verdict(raw.verdict),
		Reason:  t.reason(uint32(raw.reason)),
		Event:   dataplane.CookieEvent(raw.cookie),
		Epoch:   uint64(raw.terms.epoch),
	}
	timestamps := raw.terms.timestamps != 0
	result.Terms = newTerms(&raw.terms, timestamps)
	if result.Event == dataplane.CookieMinted {
		result.Minted = dataplane.Cookie{
			ISN: uint32(raw.terms.isn), TSval: uint32(raw.terms.tsval), Timestamps: timestamps,
		}
	}
	return result
}

// reason names a reason; one that the library's names do not have shows its number.
func (t *tables) reason(index uint32) string {
	if int(index) < len(t.reasons) {
		return t.reasons[index].Reason
	}
	return fmt.Sprintf("reason_%d", index)
}
