package userspace

import (
	"fmt"
	"strings"

	"synscreen/pkg/config"
)

// Refusal is one reason why a configuration does not run as written, with the statement that it is
// about and what to do.
type Refusal struct {
	Path   string `json:"path,omitempty"`
	At     string `json:"at,omitempty"` // file:line:col
	Reason string `json:"reason"`
	Remedy string `json:"remedy,omitempty"`
}

// String gives "file:line:col: path: reason; remedy".
func (r Refusal) String() string {
	var b strings.Builder
	if r.At != "" {
		fmt.Fprintf(&b, "%s: ", r.At)
	}
	if r.Path != "" {
		fmt.Fprintf(&b, "%s: ", r.Path)
	}
	b.WriteString(r.Reason)
	if r.Remedy != "" {
		fmt.Fprintf(&b, "; %s", r.Remedy)
	}
	return b.String()
}

// at writes a position; a statement that no text holds has none.
func at(pos config.Pos) string {
	if !pos.IsValid() {
		return ""
	}
	return pos.String()
}

// RefusedError is a configuration that was not taken. What ran before runs on.
type RefusedError struct {
	Refusals []Refusal
	cause    error
}

// Error gives one line for each refusal.
func (e *RefusedError) Error() string {
	lines := make([]string, len(e.Refusals))
	for i, refusal := range e.Refusals {
		lines[i] = refusal.String()
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives the engine's error, if it was the engine that refused.
func (e *RefusedError) Unwrap() error { return e.cause }
