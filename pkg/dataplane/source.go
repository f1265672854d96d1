package dataplane

import "net/netip"

// Source is a prefix, IPv4 /24 or IPv6 /64, that SYNs to flooding destinations name as theirs.
type Source struct {
	Zone   string       `json:"zone"`
	Prefix netip.Prefix `json:"prefix"`
	SYNs   uint64       `json:"syns"` // an estimate, never above the truth, of the last minute or so
}
