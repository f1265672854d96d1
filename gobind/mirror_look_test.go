package gobind_test

// Go's mirrors of the structs of engine.h that tell of floods and of single frames.

type destinationRow struct {
	Zone       name
	Address    [16]uint8
	Port       uint16
	Flooding   uint8
	Looks      uint8
	SinceNs    uint64
	SynRate    uint32
	PeakRate   uint32
	Syns       uint64
	Challenged uint64
	Valid      uint64
	Invalid    uint64
	Refused    uint64
}

type sourceRow struct {
	Zone     name
	Address  [16]uint8
	Length   uint8
	Reserved [7]uint8
	Syns     uint64
}

type tapFilter struct {
	Ifname     ifname
	SnapLength uint32
	HasTuple   uint8
	Reserved   [3]uint8
	Address    [2][16]uint8
	Port       [2]uint16
}

type tapRecord struct {
	RealtimeNs uint64
	Size       uint32
	Length     uint32
	Captured   uint32
	Slot       uint8
	Side       uint8
	Verdict    uint8
	Reserved   uint8
	Reason     uint32
	Ifname     ifname
	Reserved2  uint32
}
