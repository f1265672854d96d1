package dataplane

import "time"

// Status is one reading of a running engine.
type Status struct {
	Generation      uint64          `json:"generation"` // 0: nothing is published
	Mode            Mode            `json:"mode"`
	Uptime          time.Duration   `json:"uptime_ns"`
	Learning        bool            `json:"learning"`
	KeysetLate      bool            `json:"keyset_late"` // the state directory cannot be written
	CheckEpoch      uint64          `json:"check_epoch"`
	MintEpoch       uint64          `json:"mint_epoch"`
	EpochSkew       time.Duration   `json:"epoch_skew_ns"`     // that the clocks of peers may be apart
	ClusterOffset   time.Duration   `json:"cluster_offset_ns"` // cluster time minus this machine's clock
	ClusterState    ClusterState    `json:"cluster_state"`
	ClusterJumps    uint64          `json:"cluster_jumps"` // times that cluster time jumped forward
	Key             KeyStatus       `json:"key"`
	Codec           string          `json:"codec"` // which code computes cookies
	Workers         uint32          `json:"workers"`
	WorkersLate     uint32          `json:"workers_late"` // that stand still: without a heartbeat for a second
	FramesPerWorker uint32          `json:"frames_per_worker"`
	ChunkSize       uint32          `json:"chunk_size"`
	Flows           FlowTable       `json:"flows"`
	Handover        Handover        `json:"handover"` // from the engine before
	Splices         SpliceTotals    `json:"splices"`
	Validated       ValidatedTotals `json:"validated"`
	Ports           []PortStatus    `json:"ports"` // sorted by interface
	Wires           []WireStatus    `json:"wires"` // sorted by name
	Zones           []ZoneStatus    `json:"zones"` // sorted by name
}

// FlowTable is the fill and the history of the flow table.
type FlowTable struct {
	Used      uint64 `json:"used"`
	Capacity  uint64 `json:"capacity"`
	Installed uint64 `json:"installed"`
	Spliced   uint64 `json:"spliced"` // of those installed
	Expired   uint64 `json:"expired"`
	Refused   uint64 `json:"refused"` // no room
}

// SpliceTotals is the history of splices, and what is held for those that are pending.
type SpliceTotals struct {
	Opened       uint64 `json:"opened"`
	Refused      uint64 `json:"refused"`
	TimedOut     uint64 `json:"timed_out"`
	HeldFrames   uint64 `json:"held_frames"`
	HeldCapacity uint64 `json:"held_capacity"`
}

// WireStatus is one pair of ports.
type WireStatus struct {
	Name      string    `json:"name"`
	Ports     [2]string `json:"ports"`
	Bridge    string    `json:"bridge,omitempty"` // empty under on-failure closed
	OnFailure OnFailure `json:"on_failure"`
}

// ZoneStatus is what the meters of one zone say.
type ZoneStatus struct {
	Name           string        `json:"name"`
	Profile        string        `json:"profile,omitempty"`
	Flooding       uint32        `json:"flooding"` // 1 while some destination floods
	FloodingFor    time.Duration `json:"flooding_ns"`
	SynRate        uint32        `json:"syn_rate"` // SYNs of the last whole second
	Alarms         uint64        `json:"alarms"`
	Attacks        uint64        `json:"attacks"`
	Challenged     uint64        `json:"challenged"` // or would have been, under alarm-without-drop
	CookiesValid   uint64        `json:"cookies_valid"`
	CookiesInvalid uint64        `json:"cookies_invalid"`
	Refused        uint64        `json:"refused"` // challenges that the reply budget did not allow
	Symmetry       Symmetry      `json:"symmetry"`
	OneWay         uint32        `json:"one_way"` // connections of the last 10 to 20 minutes seen so
	TwoWay         uint32        `json:"two_way"`
	IDs            []uint64      `json:"ids"` // hits of each Screen
}
