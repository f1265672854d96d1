package userspace

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const profileOf = "set security flow syn-cookie server-profile "

// The engine takes the first entry that covers a server: what is longer before what is shorter, of any
// family, and of one prefix what names a port before what does not.
func TestServerProfilesStandInTheOrderInWhichTheyCount(t *testing.T) {
	s := compiled(t, "set system dataplane-type userspace\n"+
		profileOf+"0.0.0.0/0\n"+
		profileOf+"203.0.113.0/24 port 80\n"+
		profileOf+"203.0.113.0/24 port 443\n"+
		profileOf+"203.0.113.0/24 mss 1400\n"+
		profileOf+"198.51.100.0/24\n"+
		profileOf+"2001:db8::/32\n"+
		profileOf+"2001:db8::/121\n"+
		profileOf+"203.0.113.7\n")
	var got []string
	for _, entry := range decode(t, encode(s, 1)).Servers {
		got = append(got, fmt.Sprintf("%x/%d port %d", entry.Address, entry.Length, entry.Port))
	}
	want := []string{
		"00000000000000000000ffffcb007107/128 port 0",
		"20010db8000000000000000000000000/121 port 0",
		"00000000000000000000ffffc6336400/120 port 0",
		"00000000000000000000ffffcb007100/120 port 443",
		"00000000000000000000ffffcb007100/120 port 80",
		"00000000000000000000ffffcb007100/120 port 0",
		"00000000000000000000ffff00000000/96 port 0",
		"20010db8000000000000000000000000/32 port 0",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
}

// What a port does not say, its prefix says; what another prefix says, however near, does not count.
func TestAPortOfAServerProfileInheritsFromItsPrefixAlone(t *testing.T) {
	s := compiled(t, "set system dataplane-type userspace\n"+
		profileOf+"203.0.113.0/24 mss 1400 wscale 5 no-sack timestamps no-ecn\n"+
		profileOf+"203.0.113.0/24 port 443 wscale 0\n"+
		profileOf+"203.0.113.0/24 port 80 no-wscale mss 1300 sack no-timestamps ecn\n"+
		profileOf+"203.0.113.7 port 443 mss 1200\n"+
		profileOf+"203.0.113.8\n")
	var got []string
	for _, entry := range decode(t, encode(s, 1)).Servers {
		p := entry.Profile
		got = append(got, fmt.Sprintf("%d:%d mss %d wscale %d known %05b has %05b", entry.Address[15], entry.Port,
			p.Mss, p.Wscale, p.Known, p.Has))
	}
	want := []string{
		"7:443 mss 1200 wscale 0 known 00001 has 00000",
		"8:0 mss 0 wscale 0 known 00000 has 00000",
		"0:443 mss 1400 wscale 0 known 11111 has 01010",
		"0:80 mss 1300 wscale 0 known 11111 has 10100",
		"0:0 mss 1400 wscale 5 known 11111 has 01010",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
}
