package userspace

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"synscreen/pkg/dataplane"
)

// host has one screened host port.
const host = `set system dataplane-type userspace
set security screen ids-option web tcp syn-flood
set security zones security-zone world interfaces eth0
set security zones security-zone world screen web
set security flow syn-flood-protection-mode syn-cookie
`

// admitted adds a zone's admission.
func admitted(zone, word string) string {
	return "set security flow syn-cookie zone " + zone + " admission " + word + "\n"
}

// hostProved is what an engine says that can do everything on a host port, and no splicing.
func hostProved() *dataplane.Capabilities {
	caps := proved()
	caps.Splice = no("not tried")
	caps.Ports = []dataplane.PortProof{{Interface: "eth0", Transmit: yes()}}
	return caps
}

const (
	atHost  = "test.conf:3:20: security zones security-zone world: admission "
	atTx    = "test.conf:3:51: security zones security-zone world interfaces eth0: "
	atHostM = "test.conf:5:19: security flow syn-flood-protection-mode: "
	other   = "; or set security flow syn-cookie zone world admission "
)

func TestHostPortNeedsTheProofOfItsAdmission(t *testing.T) {
	const (
		askKernel = "set the sysctl net.ipv4.tcp_syncookies to 1 if it is 0, then commit again"
		askPunt   = "see that the sysctl net.ipv4.tcp_syncookies can be written, then commit again"
	)
	for _, test := range []struct {
		name  string
		text  string
		spoil func(*dataplane.Capabilities)
		want  []string
	}{
		{name: "all proved", text: host, spoil: func(*dataplane.Capabilities) {}},
		{
			name: "the kernel admits nobody", text: host,
			spoil: func(c *dataplane.Capabilities) { c.KernelAdmission = no("net.ipv4.tcp_syncookies is 0") },
			want: []string{atHost + "kernel of its host ports needs kernel_admission: no: " +
				"net.ipv4.tcp_syncookies is 0; " + askKernel + other + "safe-reset, reset or kernel-cookies"},
		},
		{
			name: "nobody knows whether the kernel does", text: host + admitted("world", "kernel"),
			spoil: func(c *dataplane.Capabilities) { c.KernelAdmission = unknown("no namespace") },
			want: []string{atHost + "kernel of its host ports needs kernel_admission: could not tell: no namespace; " +
				askKernel + other + "safe-reset, reset or kernel-cookies"},
		},
		{
			name: "kernel admission is not needed for safe-reset", text: host + admitted("world", "safe-reset"),
			spoil: func(c *dataplane.Capabilities) { c.KernelAdmission, c.KernelCookies = no("old"), no("old") },
		},
		{
			name: "reset of all zones", text: host + "set security flow syn-cookie admission reset\n",
			spoil: func(c *dataplane.Capabilities) { c.KernelAdmission, c.KernelCookies = no("old"), no("old") },
		},
		{
			name: "the sysctl cannot be written", text: host + admitted("world", "kernel-cookies"),
			spoil: func(c *dataplane.Capabilities) { c.KernelCookies = no("read-only") },
			want: []string{atHost + "kernel-cookies of its host ports needs kernel_cookies: no: read-only; " +
				askPunt + other + "safe-reset or reset"},
		},
		{
			name: "the kernel's own cookies need nothing of ours", text: host + admitted("world", "kernel-cookies"),
			spoil: func(c *dataplane.Capabilities) {
				*c = dataplane.Capabilities{KernelCookies: yes(), Mint: no("m"), Validate: no("v"), Keyset: no("k")}
			},
		},
		{
			name: "a host port that answers must send", text: host,
			spoil: func(c *dataplane.Capabilities) { c.Ports[0].Transmit = no("no completion") },
			want: []string{atTx + "syn-cookie needs tx on eth0: no: no completion; " +
				"see that eth0 is there and can send, then commit again"},
		},
		{
			name: "and mint", text: host,
			spoil: func(c *dataplane.Capabilities) { c.Mint = no("vector 1 differs") },
			want:  []string{atHostM + "syn-cookie needs mint: no: vector 1 differs; " + noTrust},
		},
		{
			name: "and a keyset", text: host,
			spoil: func(c *dataplane.Capabilities) { c.Keyset = no("none") },
			want: []string{atHostM + "syn-cookie needs keyset: no: none; see that the clock runs " +
				"and that the state directory can be written, then commit again"},
		},
		{
			name: "a host port without a screen needs nothing",
			text: "set system dataplane-type userspace\nset security zones security-zone z interfaces eth7\n",
			spoil: func(c *dataplane.Capabilities) {
				c.KernelAdmission, c.KernelCookies, c.Ports = no("old"), no("old"), nil
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			caps := hostProved()
			test.spoil(caps)
			admission, refusals := deriveUserspaceCapabilities(parse(t, test.text), caps, Running{})
			if diff := cmp.Diff(append([]string{}, test.want...), texts(refusals)); diff != "" {
				t.Errorf("refusals (-want +got):\n%s", diff)
			}
			if admitted := admission.Mode == dataplane.ModeSynCookie; admitted != (test.want == nil) {
				t.Errorf("mode %s with %d refusals", admission.Mode, len(refusals))
			}
		})
	}
}

func TestSplicingIsNeededByWiresThatSplice(t *testing.T) {
	const preset = "set security flow syn-cookie server-profile 203.0.113.1 port 25 admission splice\n"
	for _, test := range []struct {
		name, text string
		refused    bool
	}{
		{"a wire that splices", screenedZone, true},
		{"a wire that resets", screenedZone + admitted("untrust", "reset"), false},
		{"a wire that resets, and splices to one server", screenedZone + admitted("untrust", "reset") + preset, true},
		{"a host port", host, false},
		{"a host port, whatever is said of servers", host + preset, false},
		{"a screened host port beside a wire without a screen", host +
			"set security zones security-zone in interfaces [ eth1 eth2 ]\n" +
			"set security forwarding-options secure-wire w1 interface [ eth1 eth2 ]\n", false},
	} {
		caps := proved()
		caps.Splice = no("checksum differs")
		caps.Ports = append(caps.Ports, dataplane.PortProof{Interface: "eth0", Transmit: yes()})
		_, refusals := deriveUserspaceCapabilities(parse(t, test.text+wantCookie), caps, Running{})
		if got := len(refusals) > 0; got != test.refused {
			t.Errorf("%s: refused %v", test.name, texts(refusals))
		}
	}
}

func TestMixedZoneIsNotToldToLeaveItToTheKernel(t *testing.T) {
	caps := proved()
	caps.KernelAdmission = no("old")
	caps.Ports = append(caps.Ports, dataplane.PortProof{Interface: "eth0", Transmit: yes()})
	_, refusals := deriveUserspaceCapabilities(parse(t, screenedZone+wantCookie+
		"set security zones security-zone untrust interfaces eth0\n"), caps, Running{})
	want := []string{"test.conf:5:20: security zones security-zone untrust: admission kernel of its host ports needs " +
		"kernel_admission: no: old; set the sysctl net.ipv4.tcp_syncookies to 1 if it is 0, then commit again; " +
		"or set security flow syn-cookie zone untrust admission safe-reset or reset"}
	if diff := cmp.Diff(want, texts(refusals)); diff != "" {
		t.Errorf("refusals (-want +got):\n%s", diff)
	}
}

func TestHostPortsAreNotJudgedByTheDirectionsOfAZone(t *testing.T) {
	caps := hostProved()
	caps.Zones = []dataplane.ZoneProof{{Zone: "world", Splice: no("not one answer came by")}}
	if _, refusals := deriveUserspaceCapabilities(parse(t, host), caps, Running{}); len(refusals) > 0 {
		t.Errorf("refused: %v", texts(refusals))
	}
}
