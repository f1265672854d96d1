package dataplane

import (
	"fmt"
	"strings"
	"syscall"
)

// ErrorCode says what kind of thing an engine refused.
type ErrorCode int32

// The codes of enum screen_error.
const (
	ErrorArgument ErrorCode = -1 - iota
	ErrorMemory
	ErrorSnapshot
	ErrorAttach
	ErrorState
	ErrorKey
	ErrorSystem
)

// String says the code in words.
func (c ErrorCode) String() string {
	words := names{"no error", "argument out of range", "memory could not be had",
		"snapshot does not validate", "interface could not be set up",
		"call does not fit the engine's state", "master key could not be had", "system call failed"}
	return words.of(int(-c))
}

// EngineError is what an engine said when it refused a call.
type EngineError struct {
	Code    ErrorCode
	Errno   syscall.Errno // 0: none
	Object  string        // an interface, a wire, a section; may be empty
	Message string        // one sentence, with the remedy where one is known
}

// Error gives "object: message (errno)".
func (e *EngineError) Error() string {
	var b strings.Builder
	if e.Object != "" {
		b.WriteString(e.Object)
		b.WriteString(": ")
	}
	b.WriteString(e.Reason())
	return b.String()
}

// Reason is the message without the object.
func (e *EngineError) Reason() string {
	message := e.Message
	if message == "" {
		message = e.Code.String()
	}
	cause := e.Errno.Error()
	if e.Errno == 0 || strings.Contains(strings.ToLower(message), cause) {
		return message
	}
	return fmt.Sprintf("%s (%s)", message, cause)
}

// Unwrap gives the errno, so that errors.Is(err, syscall.EBUSY) works.
func (e *EngineError) Unwrap() error {
	if e.Errno == 0 {
		return nil
	}
	return e.Errno
}
