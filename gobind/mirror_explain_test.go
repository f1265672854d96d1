package gobind_test

import (
	"synscreen/pkg/dataplane"
	"synscreen/pkg/dataplane/userspace"
)

// Go's mirrors of the structs of explain.h.

type cookieQuery struct {
	KeyFile      [userspace.PathSize]int8
	Zone         name
	Epoch        uint64
	Source       [16]uint8
	Destination  [16]uint8
	Sport        uint16
	Dport        uint16
	Family       uint8
	SafeReset    uint8
	Timestamps   uint8
	Sack         uint8
	Ecn          uint8
	ClientWscale uint8
	OurWscale    uint8
	Reserved     uint8
	Mss          uint16
	ClientIsn    uint32
	Seq          uint32
	Ack          uint32
	Tsecr        uint32
}

type cookieAnswer struct {
	Epoch        uint64
	Isn          uint32
	Tsval        uint32
	Mss          uint16
	Valid        uint8
	ClientWscale uint8
	OurWscale    uint8
	Sack         uint8
	Ecn          uint8
	Timestamps   uint8
	Reason       [textSize]int8
}

type replayResult struct {
	Verdict  uint32
	Reason   uint32
	Cookie   uint8
	Reserved [7]uint8
	Terms    cookieAnswer
}

type replayOutput struct {
	Ifname   ifname
	Length   uint32
	Reserved uint32
	Data     [dataplane.ReplayFrameMax]uint8
}
