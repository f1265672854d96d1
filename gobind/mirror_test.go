package gobind_test

import (
	"synscreen/gobind"
	"synscreen/pkg/dataplane"
	"synscreen/pkg/dataplane/userspace"
)

// Go's mirrors of the structs of engine.h; those of snapshot.h are the encoder's own records. Their
// fields carry C's names in Go's spelling. A change here is a change of the ABI: raise its version.
const (
	textSize        = 192
	fingerprintSize = 20
	codecSize       = 16
)

type (
	name   [userspace.NameSize]int8
	ifname [userspace.InterfaceSize]int8
)

type errorInfo struct {
	Code    int32
	Errnum  int32
	Object  name
	Message [512]int8
}

type engineOptions struct {
	AbiVersion      uint32
	Size            uint32
	StateDir        [userspace.PathSize]int8
	FlowsMax        uint32
	FramesPerWorker uint32
	ChunkSize       uint32
	Attach          uint8
	Bind            uint8
	LearningS       uint16
	LearningRate    uint32
	BusyPollUs      uint32
	StatusSize      uint32
}

type proof struct {
	Answer uint32
	Reason [textSize]int8
}

type portProof struct {
	Ifname    ifname
	Published uint32
	Tx        proof
	Answer    proof
	Pass      proof
}

type zoneProof struct {
	Name   name
	Splice proof
}

type capabilities struct {
	Mint            proof
	Validate        proof
	Splice          proof
	Keyset          proof
	KernelAdmission proof
	KernelCookies   proof
	PortsCount      uint32
	Staged          uint32
	Ports           [userspace.PortsMax]portProof
	ZonesCount      uint32
	Zones           [userspace.ZonesMax]zoneProof
}

type portStatus struct {
	Ifname           ifname
	Peer             ifname
	Zone             name
	Wire             name
	State            uint32
	Ifindex          uint32
	Mtu              uint32
	Queues           uint32
	Carrier          uint8
	HeldDown         uint8
	Native           uint8
	Zerocopy         uint8
	Dispatcher       uint8
	OnFailure        uint8
	Host             uint8
	Admission        uint8
	Offload          uint8
	NapiQueues       uint8
	IrqsDeferred     uint8
	Reserved         uint8
	BusyPollUs       uint32
	OffloadReason    [textSize]int8
	RxFrames         uint64
	RxBytes          uint64
	TxFrames         uint64
	TxBytes          uint64
	RepliesInReserve uint64
	KernelRxDropped  uint64
	KernelSynDropped uint64
	KernelFillEmpty  uint64
	Reasons          [gobind.Reasons]uint64
	Shim             [gobind.ShimCounters]uint64
}

type wireStatus struct {
	Name      name
	Port      [2]ifname
	Bridge    ifname
	OnFailure uint32
}

type zoneStatus struct {
	Name            name
	Profile         name
	Flooding        uint32
	SynRate         uint32
	FloodingSinceNs uint64
	Alarms          uint64
	Attacks         uint64
	Challenged      uint64
	CookiesValid    uint64
	CookiesInvalid  uint64
	Refused         uint64
	Symmetry        uint32
	OneWay          uint32
	TwoWay          uint32
	Reserved        uint32
	Ids             [dataplane.ScreenCount]uint64
}

type keyStatus struct {
	File       [userspace.PathSize]int8
	Active     [fingerprintSize]int8
	Other      [fingerprintSize]int8
	OtherKind  uint32
	OtherLeftS uint32
}

type handoverStatus struct {
	Result  uint32
	Servers uint32
	Flows   uint64
	Left    uint64
}

type engineStatus struct {
	Generation        uint64
	NowNs             uint64
	StartNs           uint64
	CheckEpoch        uint64
	MintEpoch         uint64
	ClusterOffsetNs   int64
	ClusterJumps      uint64
	ClusterState      uint32
	EpochSkewS        uint32
	Key               keyStatus
	Codec             [codecSize]int8
	Flows             uint64
	FlowsMax          uint64
	FlowsInstalled    uint64
	FlowsSpliced      uint64
	FlowsExpired      uint64
	FlowsRefused      uint64
	Handover          handoverStatus
	SpliceOpened      uint64
	SpliceRefused     uint64
	SpliceTimeout     uint64
	HeldFrames        uint64
	HeldMax           uint64
	ValidatedInserted uint64
	ValidatedRenewed  uint64
	ValidatedRefused  uint64
	ValidatedMax      uint64
	Workers           uint32
	PortsCount        uint32
	WiresCount        uint32
	ZonesCount        uint32
	Mode              uint8
	Learning          uint8
	KeysetLate        uint8
	WorkersLate       uint8
	FramesPerWorker   uint32
	ChunkSize         uint32
	Ports             [userspace.PortsMax]portStatus
	Wires             [userspace.WiresMax]wireStatus
	Zones             [userspace.ZonesMax]zoneStatus
}

type flowFilter struct {
	Client       [16]uint8
	Server       [16]uint8
	ClientLength uint8
	ServerLength uint8
	ClientPort   uint16
	ServerPort   uint16
	States       uint16
	Wire         name
	Reserved     uint32
}

type validatedRow struct {
	Zone        name
	Source      [16]uint8
	Destination [16]uint8
	Port        uint16
	Reserved    uint16
	LeftMs      uint32
}

type serverRow struct {
	Zone    name
	Address [16]uint8
	Port    uint16
	Closed  uint8
	Preset  uint8
	IdleS   uint32
	LeftS   uint32
	Profile userspace.ServerProfileRecord
}

type flowRow struct {
	Client     [16]uint8
	Server     [16]uint8
	ClientPort uint16
	ServerPort uint16
	OuterVlan  uint16
	InnerVlan  uint16
	State      uint32
	AgeS       uint32
	IdleS      uint32
	TimeoutS   uint32
	Closing    uint8
	Reserved   [3]uint8
	Wire       name
}
