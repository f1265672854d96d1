package dataplane

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Offload is what the driver of a port does in the engine's place.
type Offload uint8

// The bits of enum screen_port_offload.
const (
	OffloadAnswer Offload = 1 << iota // SYNs to flooding destinations are answered
	OffloadCheck                      // segments of no connection are checked while flooding
	OffloadPass                       // segments of flows that need no translation go to the other port
)

// OffloadAll is all that the driver of a wire's port can do.
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

// MarshalJSON gives the words as a list.
func (o Offload) MarshalJSON() ([]byte, error) { return json.Marshal(o.Words()) }

// UnmarshalJSON reads a list of words.
func (o *Offload) UnmarshalJSON(text []byte) error {
	var words []string
	if err := json.Unmarshal(text, &words); err != nil {
		return fmt.Errorf("read offload: %w", err)
	}
	*o = 0
	for _, word := range words {
		bit := slices.Index(offloadNames(), word)
		if bit < 0 {
			return fmt.Errorf("read offload: %q is none of %v", word, offloadNames())
		}
		*o |= 1 << bit
	}
	return nil
}

// Offloadable is all that the port's driver could do: from a host port there is nowhere to pass a frame to.
func (p PortStatus) Offloadable() Offload {
	if p.Host {
		return OffloadAnswer | OffloadCheck
	}
	return OffloadAll
}

// Work counts what the engine and the driver of a port can both do.
type Work struct {
	Challenges     uint64 // SYNs that were answered
	InvalidCookies uint64 // ACKs that were dropped for theirs
	FlowSegments   uint64 // of connections that need no translation, sent on to the other port
	OverRate       uint64 // challenges above reply-rate or reply-prefix-rate, dropped
}

// EngineWork is what the engine has done of it for a port, or at a host port the admitter in its place.
func (p PortStatus) EngineWork() Work {
	return Work{
		Challenges:     p.reason("reply_challenge"),
		InvalidCookies: p.reason("drop_cookie_invalid") + p.shim("shim_host_cookie_invalid"),
		FlowSegments:   p.reason("forward_flow"), OverRate: p.reason("drop_reply_rate"),
	}
}

// DriverWork is what its driver has done of it: frames that the engine has not seen. The statistics of
// zones have them all the same.
func (p PortStatus) DriverWork() Work {
	return Work{
		Challenges: p.shim("shim_challenged"), InvalidCookies: p.shim("shim_cookie_invalid"),
		FlowSegments: p.shim("shim_forwarded_flow"), OverRate: p.shim("shim_reply_rate"),
	}
}

// reason gives the frames of one reason, 0 when there is none of that name.
func (p PortStatus) reason(name string) uint64 {
	for _, r := range p.Frames {
		if r.Reason == name {
			return r.Frames
		}
	}
	return 0
}
