package gobind

// #include <synscreen/engine.h>
import "C"

import (
	"fmt"
	"strings"
	"syscall"

	"synscreen/pkg/dataplane"
)

// putText fills a C array with a NUL-terminated string.
func putText(array []C.char, what, text string) error {
	if len(text) >= len(array) {
		return fmt.Errorf("pass %s %.40q... to the engine: longer than %d bytes", what, text, len(array)-1)
	}
	if strings.ContainsRune(text, 0) {
		return fmt.Errorf("pass %s %q to the engine: contains a NUL", what, text)
	}
	for i := range len(text) {
		array[i] = C.char(text[i])
	}
	return nil
}

// text reads a C array up to its NUL, and never beyond its end.
func text(array []C.char) string {
	var b strings.Builder
	for _, c := range array {
		if c == 0 {
			break
		}
		b.WriteByte(byte(c))
	}
	return b.String()
}

// newError turns a return code and struct screen_error_info into an error; nil when the code is 0.
func newError(rc C.int, info *C.struct_screen_error_info) error {
	if rc >= 0 {
		return nil
	}
	return &dataplane.EngineError{
		Code:    dataplane.ErrorCode(rc),
		Errno:   syscall.Errno(max(info.errnum, -info.errnum)),
		Object:  text(info.object[:]),
		Message: text(info.message[:]),
	}
}
