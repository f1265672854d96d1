package dataplane

import (
	"net/netip"
	"time"
)

// Destination is an address and port that SYNs flood, or did until just now.
type Destination struct {
	Zone       string         `json:"zone"`
	Address    netip.AddrPort `json:"destination"`
	Flooding   bool           `json:"flooding"`
	Looks      Looks          `json:"looks"`      // of the last whole 10 s
	For        time.Duration  `json:"for_ns"`     // since it went from calm to flooding
	SynRate    uint32         `json:"syn_rate"`   // SYNs of the last whole second
	PeakRate   uint32         `json:"peak_rate"`  // the highest of these
	SYNs       uint64         `json:"syns"`       // and the rest: since then
	Challenged uint64         `json:"challenged"` // sent, or that would have been
	Valid      uint64         `json:"valid"`      // cookies that came back
	Invalid    uint64         `json:"invalid"`    // ACKs whose cookie did not check
	Refused    uint64         `json:"refused"`    // challenges that the reply budget did not allow
}
