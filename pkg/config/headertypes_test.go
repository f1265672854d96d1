package config

import "testing"

func TestEachExtensionHeaderIsOneType(t *testing.T) {
	for _, test := range []struct {
		headers ExtensionHeaders
		want    int
	}{
		{ExtensionHeaders{HopByHop: true}, 0},
		{ExtensionHeaders{Routing: true}, 43},
		{ExtensionHeaders{Fragment: true}, 44},
		{ExtensionHeaders{ESP: true}, 50},
		{ExtensionHeaders{AH: true}, 51},
		{ExtensionHeaders{NoNext: true}, 59},
		{ExtensionHeaders{Destination: true}, 60},
		{ExtensionHeaders{Mobility: true}, 135},
		{ExtensionHeaders{HIP: true}, 139},
		{ExtensionHeaders{Shim6: true}, 140},
		{ExtensionHeaders{UserDefined: []HeaderTypes{{First: 255, Last: 255}}}, 255},
	} {
		var want [4]uint64
		want[test.want/64] = 1 << (test.want % 64)
		if got := test.headers.Types(); got != want {
			t.Errorf("%+v: got %x, want type %d", test.headers, got, test.want)
		}
	}
}

func TestRangesOfHeaderTypesMayOverlap(t *testing.T) {
	h := ExtensionHeaders{Routing: true, UserDefined: []HeaderTypes{{First: 0, Last: 63}, {First: 60, Last: 130}}}
	if got, want := h.Types(), [4]uint64{^uint64(0), ^uint64(0), 0b111, 0}; got != want {
		t.Errorf("got %x, want %x", got, want)
	}
	if got := (ExtensionHeaders{}).Types(); got != ([4]uint64{}) {
		t.Errorf("of nothing, got %x", got)
	}
}
