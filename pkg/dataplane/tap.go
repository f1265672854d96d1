package dataplane

import (
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// TapSnapMax is how many bytes of a frame a tap copies at most: a chunk of the engine's memory.
const TapSnapMax = 4096

// TapSide says whether a frame came in by a port or left by it.
type TapSide int

// The sides of enum screen_tap_side.
const (
	TapIn TapSide = iota
	TapOut
)

func tapSideNames() names { return names{"in", "out"} }

// String gives the side's word.
func (s TapSide) String() string { return tapSideNames().of(int(s)) }

// MarshalText gives the side's word.
func (s TapSide) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the side's word.
func (s *TapSide) UnmarshalText(text []byte) error {
	value, err := tapSideNames().parse("side", text)
	*s = TapSide(value)
	return err
}

// TapFilter says which frames are copied for a look.
type TapFilter struct {
	Interface  string             `json:"interface,omitempty"` // empty: any port
	SnapLength uint32             `json:"snap_length"`         // bytes of a frame; 0: its fate alone
	Tuple      *[2]netip.AddrPort `json:"tuple,omitempty"`     // only TCP segments between these two
}

// Check says what is wrong with a filter.
func (f TapFilter) Check() error {
	if f.SnapLength > TapSnapMax {
		return fmt.Errorf("snap_length %d: %d bytes at most can be copied", f.SnapLength, TapSnapMax)
	}
	if f.Tuple == nil {
		return nil
	}
	for _, end := range f.Tuple {
		if !end.IsValid() || end.Addr().Zone() != "" {
			return errors.New("tuple: not two addresses with a port each")
		}
	}
	if a, b := f.Tuple[0].Addr().Unmap(), f.Tuple[1].Addr().Unmap(); a.Is4() != b.Is4() {
		return fmt.Errorf("tuple: %s and %s are not of one address family", a, b)
	}
	return nil
}

// TapFrame is one frame that a tap has copied. What came in has a verdict and a reason; what leaves
// does so because of a frame that came in.
type TapFrame struct {
	Time      time.Time `json:"time"`
	Interface string    `json:"interface"`
	Side      TapSide   `json:"side"`
	Verdict   Verdict   `json:"verdict"`
	Reason    string    `json:"reason,omitempty"` // empty: it leaves
	Length    uint32    `json:"length"`           // of the frame
	Data      []byte    `json:"data,omitempty"`   // what was copied of it
}
