// Package control is how the command line speaks to a running daemon: JSON over HTTP on a unix socket.
package control

import (
	"synscreen/pkg/dataplane"
	"synscreen/pkg/dataplane/userspace"
)

// Bounds of what is exchanged.
const (
	FlowsLimitDefault = 1000
	FlowsLimitMax     = 100_000

	requestBytesMax  = 8 << 20
	responseBytesMax = 256 << 20
)

// KeyReport says which master keys are in use after a change.
type KeyReport struct {
	Action dataplane.KeyAction `json:"action"`
	Key    dataplane.KeyStatus `json:"key"`
}

// CapabilityReport says what runs, what the engine has proved of it, and what was refused since.
type CapabilityReport struct {
	Running      userspace.Running      `json:"running"`
	Capabilities dataplane.Capabilities `json:"capabilities"`
	LastRefusal  *userspace.Rejection   `json:"last_refusal,omitempty"`
}

// failure is the body of an answer that is none.
type failure struct {
	Error string `json:"error"`
}
