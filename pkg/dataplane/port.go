package dataplane

import "time"

// PortState says how far a port is in the life of a configuration.
type PortState int

// The states of enum screen_port_state.
const (
	PortFree PortState = iota
	PortStaged
	PortPublished
)

func portStateNames() names { return names{"free", "staged", "published"} }

// String gives the state's word.
func (s PortState) String() string { return portStateNames().of(int(s)) }

// MarshalText gives the state's word.
func (s PortState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the state's word.
func (s *PortState) UnmarshalText(text []byte) error {
	value, err := portStateNames().parse("port state", text)
	*s = PortState(value)
	return err
}

// ChunkOverhead is what a packet buffer must have beside a port's MTU: an Ethernet header, two tags, and
// what the kernel keeps free in front.
const ChunkOverhead = 14 + 8 + 256

// PortStatus is one interface that the engine is attached to, with what was obtained from its driver.
type PortStatus struct {
	Interface        string        `json:"interface"`
	Peer             string        `json:"peer"` // the other port of its wire
	Zone             string        `json:"zone"`
	Wire             string        `json:"wire"`
	Host             bool          `json:"host"`           // in no wire: it protects this machine
	Admission        Admission     `json:"admission"`      // of a host port in the running configuration
	Offload          Offload       `json:"offload"`        // what the driver does now
	OffloadReason    string        `json:"offload_reason"` // why not all that is of use; empty: all, or the engine is to
	State            PortState     `json:"state"`
	Index            uint32        `json:"ifindex"`
	MTU              uint32        `json:"mtu"`
	Queues           uint32        `json:"queues"`
	Carrier          bool          `json:"carrier"`
	HeldDown         bool          `json:"held_down"` // down because its peer lost the link
	Native           bool          `json:"native"`    // driver mode, not generic
	ZeroCopy         bool          `json:"zero_copy"`
	Dispatcher       bool          `json:"dispatcher"`    // under libxdp's dispatcher, not the only program
	BusyPoll         time.Duration `json:"busy_poll_ns"`  // as its sockets have it; 0: they are not busy polled
	NAPIQueues       uint32        `json:"napi_queues"`   // then: those whose NAPI instance the kernel has told
	IRQsDeferred     bool          `json:"irqs_deferred"` // and whether interrupts stay off meanwhile
	OnFailure        OnFailure     `json:"on_failure"`
	RxFrames         uint64        `json:"rx_frames"`
	RxBytes          uint64        `json:"rx_bytes"`
	TxFrames         uint64        `json:"tx_frames"`
	TxBytes          uint64        `json:"tx_bytes"`
	RepliesInReserve uint64        `json:"replies_in_reserve"` // that took what forwarding needs: none, unless there is a fault
	KernelRxDropped  uint64        `json:"kernel_rx_dropped"`  // frames lost to a full main receive ring
	KernelSynDropped uint64        `json:"kernel_syn_dropped"` // SYNs lost to a full receive ring of theirs
	KernelFillEmpty  uint64        `json:"kernel_fill_empty"`  // times that no memory was free for a frame
	Frames           []ReasonCount `json:"frames"`             // every reason, in the engine's order
	Shim             []ShimCount   `json:"shim"`               // every counter of the shim
}

// ReasonCount counts the frames that had one reason.
type ReasonCount struct {
	Reason  string  `json:"reason"`
	Verdict Verdict `json:"verdict"`
	Frames  uint64  `json:"frames"`
}

// ShimCount counts the frames that the XDP program treated in one way.
type ShimCount struct {
	Counter string `json:"counter"`
	Frames  uint64 `json:"frames"`
}
