package userspace

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"synscreen/pkg/config"
)

func TestCompileDoesNotDependOnTheOrderOfStatements(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(oneWire), "\n")
	want := encode(compiled(t, oneWire), 1)
	for shift := range lines {
		turned := strings.Join(append(lines[shift:len(lines):len(lines)], lines[:shift]...), "\n")
		if diff := cmp.Diff(dump(want), dump(encode(compiled(t, turned), 1))); diff != "" {
			t.Fatalf("statements turned by %d:\n%s", shift, diff)
		}
	}
}

func TestCompileLeavesOutProfilesWithoutASynFloodScreen(t *testing.T) {
	s := compiled(t, `
set system dataplane-type userspace
set security forwarding-options secure-wire w1 interface [ eth1 eth2 ]
set security screen ids-option empty description "nothing armed"
set security zones security-zone z interfaces [ eth1 eth2 ]
set security zones security-zone z screen empty
`)
	if len(s.profiles) != 0 || s.zones[0].profile != NoIndex {
		t.Errorf("profiles %v, zone's profile %d", s.profiles, s.zones[0].profile)
	}
}

func TestCompileRefusesWhatDoesNotFit(t *testing.T) {
	for _, test := range []struct {
		name string
		cfg  *config.Config
		want []string
	}{
		{
			name: "a white-list without prefixes",
			cfg:  screened(config.WhiteList{Name: "all"}),
			want: []string{"security screen ids-option web tcp syn-flood white-list all: the list has no prefix, " +
				"so that it would exempt every SYN; add a source-address or a destination-address, or remove the list"},
		},
		{
			name: "4097 prefixes",
			cfg:  screened(config.WhiteList{Name: "many", Source: prefixes(4097)}),
			want: []string{"security screen ids-option web tcp syn-flood white-list: 4097 prefixes are more than " +
				"the 4096 that one profile may have; join neighbouring prefixes"},
		},
		{
			name: "33 wires",
			cfg:  wired(33),
			want: []string{
				"security zones: 66 interfaces are more than the 64 that one engine has; remove some",
				"security forwarding-options: 33 secure-wires are more than the 32 that one engine has; remove some",
			},
		},
		{
			name: "65 server profiles",
			cfg:  served(65),
			want: []string{"security flow syn-cookie server-profile: 65 server profiles are more than the 64 " +
				"that one engine has; remove some"},
		},
		{
			name: "65 host ports",
			cfg:  hosted(65),
			want: []string{"security zones: 65 interfaces are more than the 64 that one engine has; remove some"},
		},
		{
			name: "what no text says of cookies",
			cfg: &config.Config{Flow: config.Flow{EpochSkewSeconds: SkewMax + 1,
				KeyFile: "/" + strings.Repeat("k", PathSize-1)}},
			want: []string{
				"security flow: an epoch-skew of 21 seconds is not from 0 to 20",
				"security flow syn-cookie key-file: a path of 256 bytes is longer than 255; move the file",
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, refusals := compile(test.cfg)
			if diff := cmp.Diff(test.want, texts(refusals)); diff != "" {
				t.Errorf("refusals (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCompileTakesAFullEngine(t *testing.T) {
	for _, cfg := range []*config.Config{wired(WiresMax), served(ServersMax), hosted(PortsMax)} {
		if _, refusals := compile(cfg); len(refusals) != 0 {
			t.Error(refusals)
		}
	}
}

func TestCheckRefusesSynProxy(t *testing.T) {
	err := Check(parse(t, oneWire+"set security flow syn-flood-protection-mode syn-proxy\n"))
	want := "test.conf:38:19: security flow syn-flood-protection-mode: syn-proxy is not available: " +
		"the userspace dataplane keeps no half-open proxy state; use syn-cookie"
	if err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func texts(refusals []Refusal) []string {
	out := []string{}
	for _, refusal := range refusals {
		out = append(out, refusal.String())
	}
	return out
}

func screened(list config.WhiteList) *config.Config {
	return &config.Config{
		Zones: []config.Zone{{Name: "z", Screen: "web"}},
		Screens: []config.Screen{{Name: "web", SynFlood: &config.SynFlood{
			WhiteLists: []config.WhiteList{list},
		}}},
	}
}

func prefixes(n int) []netip.Prefix {
	var out []netip.Prefix
	for i := range n {
		out = append(out, netip.PrefixFrom(netip.AddrFrom4([4]byte{192, 0, byte(i >> 8), byte(i)}), 32))
	}
	return out
}

// served knows n servers.
func served(n int) *config.Config {
	cfg := &config.Config{}
	for _, p := range prefixes(n) {
		cfg.Flow.ServerProfiles = append(cfg.Flow.ServerProfiles, config.ServerProfile{Prefix: p, EveryPort: true})
	}
	return cfg
}

// hosted has n host ports.
func hosted(n int) *config.Config {
	zone := config.Zone{Name: "z"}
	for i := range n {
		zone.Interfaces = append(zone.Interfaces, config.Interface{Name: fmt.Sprintf("h%02d", i)})
	}
	return &config.Config{Zones: []config.Zone{zone}}
}

func wired(n int) *config.Config {
	cfg := &config.Config{}
	for i := range n {
		cfg.Wires = append(cfg.Wires, config.Wire{
			Name:       fmt.Sprintf("w%02d", i),
			InterfaceA: fmt.Sprintf("a%02d", i),
			InterfaceB: fmt.Sprintf("b%02d", i),
		})
	}
	return cfg
}
