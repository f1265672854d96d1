package config

import "fmt"

// Header types of IPv6 that have a statement of their own, as a Next Header field has them.
const (
	hopByHopType    = 0
	routingType     = 43
	fragmentType    = 44
	espType         = 50
	ahType          = 51
	noNextType      = 59
	destinationType = 60
	mobilityType    = 135
	hipType         = 139
	shim6Type       = 140
)

// Types is the set of header types that no packet may have: type n is bit n%64 of word n/64.
func (h ExtensionHeaders) Types() [4]uint64 {
	ranges := append([]HeaderTypes(nil), h.UserDefined...)
	for _, named := range []struct {
		armed bool
		is    int
	}{
		{h.HopByHop, hopByHopType}, {h.Routing, routingType}, {h.Fragment, fragmentType}, {h.ESP, espType},
		{h.AH, ahType}, {h.NoNext, noNextType}, {h.Destination, destinationType},
		{h.Mobility, mobilityType}, {h.HIP, hipType}, {h.Shim6, shim6Type},
	} {
		if named.armed {
			ranges = append(ranges, HeaderTypes{First: named.is, Last: named.is})
		}
	}
	var set [4]uint64
	for _, r := range ranges {
		for n := r.First; n <= r.Last; n++ {
			set[n/64] |= 1 << (n % 64)
		}
	}
	return set
}

// upperLayers warns of types that are no extension headers but what nearly all IPv6 traffic consists of.
func (c *checker) upperLayers(h HeaderTypes, v view) {
	for _, layer := range []struct {
		is   int
		name string
	}{{6, "TCP"}, {17, "UDP"}, {58, "ICMPv6"}} {
		if h.First <= layer.is && layer.is <= h.Last {
			c.found.warnings.add(Error{Pos: v.pos(), Path: v.node.path(),
				Msg:    fmt.Sprintf("type %d is %s: all of it over IPv6 is dropped", layer.is, layer.name),
				Remedy: "leave it out, unless that is meant"})
		}
	}
}
