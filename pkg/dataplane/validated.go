package dataplane

import (
	"net/netip"
	"time"
)

// ValidatedClient is a client that has answered a challenge, and passes to a destination without another.
type ValidatedClient struct {
	Zone        string         `json:"zone"`
	Client      netip.Addr     `json:"client"`
	Destination netip.AddrPort `json:"destination"`
	Left        time.Duration  `json:"left_ns"`
}

// ValidatedTotals is the history of validated clients.
type ValidatedTotals struct {
	Inserted uint64 `json:"inserted"`
	Renewed  uint64 `json:"renewed"`
	Refused  uint64 `json:"refused"` // the client's prefix had all that it may have
	Capacity uint64 `json:"capacity"`
}
