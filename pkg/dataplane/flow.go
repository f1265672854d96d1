package dataplane

import (
	"net/netip"
	"slices"
	"time"
)

// FlowState is where a connection is in its life.
type FlowState int

// The states of enum screen_flow_state; zero is none of them.
const (
	FlowHalfOpen FlowState = 1 + iota
	FlowOpen
	FlowPending
	FlowSpliced
	FlowClosed
)

func flowStateNames() names {
	return names{"none", "half-open", "open", "pending", "spliced", "closed"}
}

// FlowStates lists the states that a flow can be in, in order.
func FlowStates() []FlowState {
	return []FlowState{FlowHalfOpen, FlowOpen, FlowPending, FlowSpliced, FlowClosed}
}

// String gives the state's word.
func (s FlowState) String() string { return flowStateNames().of(int(s)) }

// MarshalText gives the state's word.
func (s FlowState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the state's word.
func (s *FlowState) UnmarshalText(text []byte) error {
	value, err := flowStateNames().parse("flow state", text)
	*s = FlowState(value)
	return err
}

// FlowRow is one tracked connection. IPv4 addresses are plain, not v4-mapped.
type FlowRow struct {
	Client    netip.AddrPort `json:"client"`
	Server    netip.AddrPort `json:"server"`
	OuterVLAN uint16         `json:"outer_vlan,omitempty"`
	InnerVLAN uint16         `json:"inner_vlan,omitempty"`
	Wire      string         `json:"wire"`
	State     FlowState      `json:"state"`
	Age       time.Duration  `json:"age_ns"`
	Idle      time.Duration  `json:"idle_ns"`
	Timeout   time.Duration  `json:"timeout_ns"`
	FinClient bool           `json:"fin_client,omitempty"`
	FinServer bool           `json:"fin_server,omitempty"`
	Reset     bool           `json:"reset,omitempty"`
}

// FlowFilter selects the connections that match all that it says. What is zero says nothing.
type FlowFilter struct {
	Client     netip.Prefix `json:"client,omitzero"`
	Server     netip.Prefix `json:"server,omitzero"`
	ClientPort uint16       `json:"client_port,omitempty"`
	ServerPort uint16       `json:"server_port,omitempty"`
	States     []FlowState  `json:"states,omitempty"` // one of these
	Wire       string       `json:"wire,omitempty"`
}

// IsEmpty is true of a filter that says nothing, and so selects every connection.
func (f FlowFilter) IsEmpty() bool {
	return !f.Client.IsValid() && !f.Server.IsValid() && f.ClientPort == 0 && f.ServerPort == 0 &&
		len(f.States) == 0 && f.Wire == ""
}

// Matches says whether a connection is among those selected.
func (f FlowFilter) Matches(row FlowRow) bool {
	return within(f.Client, row.Client.Addr()) && within(f.Server, row.Server.Addr()) &&
		(f.ClientPort == 0 || f.ClientPort == row.Client.Port()) &&
		(f.ServerPort == 0 || f.ServerPort == row.Server.Port()) &&
		(len(f.States) == 0 || slices.Contains(f.States, row.State)) &&
		(f.Wire == "" || f.Wire == row.Wire)
}

func within(prefix netip.Prefix, addr netip.Addr) bool {
	return !prefix.IsValid() || prefix.Contains(addr)
}
