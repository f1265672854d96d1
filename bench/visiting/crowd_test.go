package visiting

import (
	"net/netip"
	"slices"
	"testing"
	"time"
)

func TestACrowdIsToldWhatItWasGiven(t *testing.T) {
	given := Sources{First: netip.MustParseAddr("198.19.0.1"), Count: 40}
	from, numbers, err := parseArguments(given.VisitorsArguments(150, 100), 2)
	if err != nil || from != given || !slices.Equal(numbers, []int{150, 100}) {
		t.Errorf("%v %v: %v", from, numbers, err)
	}
	from, numbers, err = parseArguments(given.CrowdArguments(1500*time.Millisecond), 1)
	if err != nil || from != given || !slices.Equal(numbers, []int{1500}) {
		t.Errorf("%v %v: %v", from, numbers, err)
	}
}

func TestArgumentsOfACrowdThatMakeNoSenseAreRefused(t *testing.T) {
	for _, args := range [][]string{
		{}, {"198.19.0.1", "40"}, {"198.19.0.1", "40", "1", "2"}, {"here", "40", "1"}, {"198.19.0.1", "0", "1"},
		{"198.19.0.1", "40", "soon"},
	} {
		if _, _, err := parseArguments(args, 1); err == nil {
			t.Errorf("%q was taken", args)
		}
	}
}

func TestVisitorsShareTheAddressesInTurn(t *testing.T) {
	s := Sources{First: netip.MustParseAddr("198.19.0.1"), Count: 3}
	for i, want := range []string{"198.19.0.1", "198.19.0.2", "198.19.0.3", "198.19.0.1"} {
		if got := s.Addr(i).String(); got != want {
			t.Errorf("visitor %d has %s, not %s", i, got, want)
		}
	}
}
