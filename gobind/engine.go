package gobind

// #include <synscreen/engine.h>
import "C"

import (
	"errors"
	"unsafe"

	"synscreen/pkg/dataplane"
)

// Engine owns one struct screen_engine. One goroutine at a time may call it.
type Engine struct {
	handle *C.struct_screen_engine
	tables tables
	tapped []uint64 // room for copied frames; nil until a tap is read
}

// Open is screen_engine_create().
func Open(options dataplane.EngineOptions) (*Engine, error) {
	if err := checkABI(); err != nil {
		return nil, err
	}
	raw := C.struct_screen_engine_options{
		abi_version:       C.SCREEN_ABI_VERSION,
		status_size:       C.sizeof_struct_screen_engine_status,
		size:              C.sizeof_struct_screen_engine_options,
		flows_max:         C.uint32_t(options.FlowsMax),
		frames_per_worker: C.uint32_t(options.FramesPerWorker),
		chunk_size:        C.uint32_t(options.ChunkSize),
		attach:            C.uint8_t(options.Attach),
		bind:              C.uint8_t(options.Bind),
		learning_s:        C.uint16_t(options.LearningSeconds),
		learning_rate:     C.uint32_t(options.LearningRate),
		busy_poll_us:      C.uint32_t(options.BusyPoll.Microseconds()),
	}
	if err := putText(raw.state_dir[:], "state directory", options.StateDir); err != nil {
		return nil, err
	}
	var handle *C.struct_screen_engine
	var info C.struct_screen_error_info
	if rc := C.screen_engine_create(&raw, &handle, &info); rc < 0 {
		return nil, newError(rc, &info)
	}
	return &Engine{handle: handle, tables: newTables()}, nil
}

// Prepare is screen_engine_prepare().
func (e *Engine) Prepare(snapshot []byte) error {
	if err := e.check(); err != nil {
		return err
	}
	var info C.struct_screen_error_info
	rc := C.screen_engine_prepare(e.handle, unsafe.Pointer(unsafe.SliceData(snapshot)),
		C.size_t(len(snapshot)), &info)
	return newError(rc, &info)
}

// Publish is screen_engine_publish().
func (e *Engine) Publish() error {
	if err := e.check(); err != nil {
		return err
	}
	var info C.struct_screen_error_info
	return newError(C.screen_engine_publish(e.handle, &info), &info)
}

// Drop is screen_engine_drop().
func (e *Engine) Drop() {
	if e.handle != nil {
		C.screen_engine_drop(e.handle)
	}
}

// HandOver is screen_engine_hand_over(). Only Close may follow.
func (e *Engine) HandOver() (int, error) {
	if err := e.check(); err != nil {
		return 0, err
	}
	var info C.struct_screen_error_info
	rc := C.screen_engine_hand_over(e.handle, &info)
	if rc < 0 {
		return 0, newError(rc, &info)
	}
	return int(rc), nil
}

// Close is screen_engine_destroy(). Closing twice does nothing.
func (e *Engine) Close(leave dataplane.Leave) {
	C.screen_engine_destroy(e.handle, uint32(leave))
	e.handle = nil
}

// Detach is screen_detach(). It gives the number of interfaces that were freed.
func Detach(stateDir string) (int, error) {
	if err := checkABI(); err != nil {
		return 0, err
	}
	var path [C.SCREEN_PATH_SIZE]C.char
	if err := putText(path[:], "state directory", stateDir); err != nil {
		return 0, err
	}
	var info C.struct_screen_error_info
	rc := C.screen_detach(&path[0], &info)
	if rc < 0 {
		return 0, newError(rc, &info)
	}
	return int(rc), nil
}

func (e *Engine) check() error {
	if e.handle == nil {
		return errors.New("use the engine: it is closed")
	}
	return nil
}
