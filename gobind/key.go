package gobind

// #include <synscreen/engine.h>
import "C"

import (
	"time"

	"synscreen/pkg/dataplane"
)

// StageKey is screen_engine_stage_key(). Only the file's name is passed: the engine opens it.
func (e *Engine) StageKey(file string) error {
	if err := e.check(); err != nil {
		return err
	}
	var path [C.SCREEN_PATH_SIZE]C.char
	if err := putText(path[:], "key file", file); err != nil {
		return err
	}
	var info C.struct_screen_error_info
	return newError(C.screen_engine_stage_key(e.handle, &path[0], &info), &info)
}

// ActivateKey is screen_engine_activate_key().
func (e *Engine) ActivateKey() error {
	if err := e.check(); err != nil {
		return err
	}
	var info C.struct_screen_error_info
	return newError(C.screen_engine_activate_key(e.handle, &info), &info)
}

// RotateKey is screen_engine_rotate_key().
func (e *Engine) RotateKey() error {
	if err := e.check(); err != nil {
		return err
	}
	var info C.struct_screen_error_info
	return newError(C.screen_engine_rotate_key(e.handle, &info), &info)
}

func newKeyStatus(raw *C.struct_screen_key_status) dataplane.KeyStatus {
	return dataplane.KeyStatus{
		File:      text(raw.file[:]),
		Active:    text(raw.active[:]),
		OtherKind: dataplane.OtherKey(raw.other_kind),
		Other:     text(raw.other[:]),
		OtherLeft: time.Duration(raw.other_left_s) * time.Second,
	}
}
