package dataplane

import (
	"fmt"
	"slices"
	"strings"
)

// Offload is what the driver of a wire's port does in the engine's place.
type Offload uint8

// The bits of enum screen_port_offload.
const (
	OffloadAnswer Offload = 1 << iota // SYNs to flooding destinations are answered
	OffloadCheck                      // ACKs of no flow are checked while flooding
	OffloadPass                       // segments of flows that need no translation go to the other port
)

// OffloadAll is all that a driver can do.
const OffloadAll = OffloadAnswer | OffloadCheck | OffloadPass

func offloadNames() names { return names{"answer", "check", "pass"} }

// Words names what is done, in the order of the bits.
func (o Offload) Words() []string {
	words := []string{}
	for i, word := range offloadNames() {
		if o>>i&1 != 0 {
			words = append(words, word)
		}
	}
	return words
}

// String gives "answer, check, pass", as far as it is done.
func (o Offload) String() string { return strings.Join(o.Words(), ", ") }

// MarshalText gives the words.
func (o Offload) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText reads the words.
func (o *Offload) UnmarshalText(text []byte) error {
	*o = 0
	for word := range strings.SplitSeq(string(text), ", ") {
		bit := slices.Index(offloadNames(), word)
		if bit < 0 && word != "" {
			return fmt.Errorf("read offload: %q is none of %v", word, offloadNames())
		}
		if bit >= 0 {
			*o |= 1 << bit
		}
	}
	return nil
}
