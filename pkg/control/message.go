// Package control is how the command line speaks to a running daemon: JSON over HTTP on a unix socket.
package control

import (
	"net/netip"

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

// FlowQuery selects flows. A zero prefix matches every address.
type FlowQuery struct {
	Limit   int // 0: none are listed, they are only counted
	Client  netip.Prefix
	Server  netip.Prefix
	Summary bool // count all that match, do not stop at the limit
}

// Matches says whether a flow is among those asked for.
func (q FlowQuery) Matches(row dataplane.FlowRow) bool {
	return within(q.Client, row.Client.Addr()) && within(q.Server, row.Server.Addr())
}

func within(prefix netip.Prefix, addr netip.Addr) bool {
	return !prefix.IsValid() || prefix.Contains(addr)
}

// FlowReport is what a query found.
type FlowReport struct {
	Flows     []dataplane.FlowRow `json:"flows"`
	Matched   uint64              `json:"matched"`
	Truncated bool                `json:"truncated"` // there may be more: the limit was reached
	States    []StateCount        `json:"states"`    // of those matched, by state
}

// StateCount counts the flows of one state.
type StateCount struct {
	State dataplane.FlowState `json:"state"`
	Flows uint64              `json:"flows"`
}

// failure is the body of an answer that is none.
type failure struct {
	Error string `json:"error"`
}
