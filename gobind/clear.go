package gobind

// #include <synscreen/engine.h>
import "C"

// Clear is screen_engine_clear(): of a zone, or of all without one.
func (e *Engine) Clear(zone string) error {
	if err := e.check(); err != nil {
		return err
	}
	var info C.struct_screen_error_info
	if zone == "" {
		return newError(C.screen_engine_clear(e.handle, nil, &info), &info)
	}
	var raw [C.SCREEN_NAME_SIZE]C.char
	if err := putText(raw[:], "zone", zone); err != nil {
		return err
	}
	return newError(C.screen_engine_clear(e.handle, &raw[0], &info), &info)
}
