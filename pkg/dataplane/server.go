package dataplane

import (
	"net/netip"
	"time"
)

// Knowledge is where something said of a server comes from.
type Knowledge int

// The origins of what is said of servers.
const (
	Assumed    Knowledge = iota // nothing is known: the default
	Learned                     // its own SYN-ACKs said so
	Configured                  // a server-profile says so
)

func knowledgeNames() names { return names{"assumed", "learned", "configured"} }

// String gives the word.
func (k Knowledge) String() string { return knowledgeNames().of(int(k)) }

// MarshalText gives the word.
func (k Knowledge) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads the word.
func (k *Knowledge) UnmarshalText(text []byte) error {
	value, err := knowledgeNames().parse("knowledge", text)
	*k = Knowledge(value)
	return err
}

// Said is a value that challenges use, and where it comes from.
type Said[T any] struct {
	Value T         `json:"value"`
	From  Knowledge `json:"from"`
}

// Server is an address and port behind a screened zone, as challenges in its place are made.
type Server struct {
	Zone        string         `json:"zone"` // its clients'
	Address     netip.AddrPort `json:"server"`
	MSS         Said[uint16]   `json:"mss"`
	WindowScale Said[*uint8]   `json:"window_scale"` // nil: it does not scale windows
	SACK        Said[bool]     `json:"sack"`
	Timestamps  Said[bool]     `json:"timestamps"`
	ECN         Said[bool]     `json:"ecn"`
	Window      Said[uint16]   `json:"window"`            // of its SYN-ACKs; 0: none was seen
	Idle        *time.Duration `json:"idle_ns,omitempty"` // since its last SYN-ACK; nil: none was seen
	ForgottenIn time.Duration  `json:"forgotten_in_ns"`   // what was learned; 0: nothing was
	Closed      bool           `json:"closed"`            // it has just refused a connection
}
