package dataplane

import (
	"fmt"
	"net/netip"
	"strconv"
)

// Bounds of a client's MSS: below the least its SYN cannot be challenged.
const (
	MSSMin = 216
	MSSMax = 65535
)

// ScaleNone stands for "window scaling was not agreed"; a scale of 0 is something else.
const (
	ScaleMax  = 14
	ScaleNone = 15
)

// CookieScope is what a cookie is bound to, beside the sequence numbers.
type CookieScope struct {
	KeyFile   string // of the master key; it is read by the engine's library, never here
	Zone      string
	Epoch     uint64 // to mint in; to check: it and the one before are tried
	Client    netip.AddrPort
	Server    netip.AddrPort
	SafeReset bool // the safe-reset variant
}

// CookieTerms is what a challenge agrees to. What follows Timestamps can be agreed only with them.
type CookieTerms struct {
	MSS         uint16 // the client's; to mint, 0: its SYN has no such option
	Timestamps  bool
	SACK        bool
	ECN         bool
	ClientScale uint8 // both scales, or both ScaleNone
	OurScale    uint8
}

// String gives `mss=1460 wscale=7 our-wscale=10 sack=1 ecn=0`.
func (t CookieTerms) String() string {
	return fmt.Sprintf("mss=%d wscale=%s our-wscale=%s sack=%s ecn=%s", t.MSS, scale(t.ClientScale),
		scale(t.OurScale), bit(t.SACK), bit(t.ECN))
}

// MintQuery asks for the cookie of one SYN.
type MintQuery struct {
	CookieScope
	ISN   uint32 // the client's
	Terms CookieTerms
}

// Cookie is what a challenge carries.
type Cookie struct {
	ISN        uint32 // under safe-reset its acknowledgement number
	TSval      uint32
	Timestamps bool
}

// String gives `isn=00112233 tsval=-`.
func (c Cookie) String() string {
	if !c.Timestamps {
		return fmt.Sprintf("isn=%08x tsval=-", c.ISN)
	}
	return fmt.Sprintf("isn=%08x tsval=%08x", c.ISN, c.TSval)
}

// CheckQuery asks whether a segment carries a valid cookie.
type CheckQuery struct {
	CookieScope
	Seq        uint32 // of the ACK; of the RST under safe-reset
	Ack        uint32
	TSecr      uint32
	Timestamps bool // the segment carries TSecr
}

// CookieCheck is what became of a check.
type CookieCheck struct {
	Valid  bool
	Reason string // not valid: why
	Epoch  uint64 // valid: when it was minted
	Terms  CookieTerms
}

func scale(value uint8) string {
	if value == ScaleNone {
		return "none"
	}
	return strconv.Itoa(int(value))
}

func bit(on bool) string {
	if on {
		return "1"
	}
	return "0"
}
