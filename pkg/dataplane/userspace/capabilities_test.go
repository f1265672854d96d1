package userspace

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"synscreen/pkg/dataplane"
)

// screenedZone has its screen on eth1's side; eth3 and eth4 are a wire without one.
const screenedZone = `set system dataplane-type userspace
set security forwarding-options secure-wire w1 interface [ eth1 eth2 ]
set security forwarding-options secure-wire w2 interface [ eth3 eth4 ]
set security screen ids-option web tcp syn-flood
set security zones security-zone untrust interfaces eth1
set security zones security-zone untrust screen web
set security zones security-zone trust interfaces [ eth2 eth3 eth4 ]
`

func yes() dataplane.Proof { return dataplane.Proof{Answer: dataplane.Yes} }

func no(reason string) dataplane.Proof {
	return dataplane.Proof{Answer: dataplane.No, Reason: reason}
}

func unknown(reason string) dataplane.Proof { return dataplane.Proof{Reason: reason} }

// proved is what an engine says that can do everything.
func proved() *dataplane.Capabilities {
	return &dataplane.Capabilities{
		Mint: yes(), Validate: yes(), Splice: yes(), Keyset: yes(), KernelAdmission: yes(), KernelCookies: yes(),
		Ports: []dataplane.PortProof{
			{Interface: "eth1", Transmit: yes()},
			{Interface: "eth2", Transmit: yes()},
			{Interface: "eth3", Transmit: yes()},
			{Interface: "eth4", Transmit: yes()},
		},
	}
}

const (
	atMode  = "test.conf:8:19: security flow syn-flood-protection-mode: "
	noTrust = "do not use this libsynscreen.so on this machine; install one that passes"
)

func TestSynCookieIsAdmittedOnlyWhenAllIsProved(t *testing.T) {
	for _, test := range []struct {
		name      string
		spoil     func(*dataplane.Capabilities)
		answering []string
		refusals  []string
		warnings  []string
	}{
		{name: "all proved", spoil: func(*dataplane.Capabilities) {}},
		{
			name:     "mint is broken",
			spoil:    func(c *dataplane.Capabilities) { c.Mint = no("vector 1 differs") },
			refusals: []string{atMode + "syn-cookie needs mint: no: vector 1 differs; " + noTrust},
		},
		{
			name:     "validate could not be told",
			spoil:    func(c *dataplane.Capabilities) { c.Validate = unknown("not run") },
			refusals: []string{atMode + "syn-cookie needs validate: could not tell: not run; " + noTrust},
		},
		{
			name:     "splice is broken",
			spoil:    func(c *dataplane.Capabilities) { c.Splice = no("checksum differs") },
			refusals: []string{atMode + "syn-cookie needs splice: no: checksum differs; " + noTrust},
		},
		{
			name:  "no keyset",
			spoil: func(c *dataplane.Capabilities) { c.Keyset = no("none is published") },
			refusals: []string{atMode + "syn-cookie needs keyset: no: none is published; see that the clock runs " +
				"and that the state directory can be written, then commit again"},
		},
		{
			name:  "the port that answers cannot send",
			spoil: func(c *dataplane.Capabilities) { c.Ports[0].Transmit = no("no completion") },
			refusals: []string{"test.conf:5:53: security zones security-zone untrust interfaces eth1: " +
				"syn-cookie needs tx on eth1: no: no completion; see that eth1 is there and can send, then commit again"},
		},
		{
			name:  "its peer has no link",
			spoil: func(c *dataplane.Capabilities) { c.Ports[1].Transmit = unknown("the link is down") },
			refusals: []string{"test.conf:2:33: security forwarding-options secure-wire w1 interface: " +
				"syn-cookie needs tx on eth2: could not tell: the link is down; " +
				"bring the link of eth2 up, then commit again"},
		},
		{
			name:  "a port on a wire without a screen cannot send",
			spoil: func(c *dataplane.Capabilities) { c.Ports[2].Transmit = no("no completion") },
		},
		{
			name: "a port that answers already has lost its link",
			spoil: func(c *dataplane.Capabilities) {
				c.Ports[0] = dataplane.PortProof{Interface: "eth1", Published: true, Transmit: unknown("the link is down")}
			},
			answering: []string{"eth1", "eth2"},
			warnings: []string{"test.conf:5:53: security zones security-zone untrust interfaces eth1: " +
				"syn-cookie needs tx on eth1: could not tell: the link is down; " +
				"it answered before and is kept; see to its link"},
		},
		{
			name: "a port that answers already is proved not to send",
			spoil: func(c *dataplane.Capabilities) {
				c.Ports[0] = dataplane.PortProof{Interface: "eth1", Published: true, Transmit: no("no completion")}
			},
			answering: []string{"eth1", "eth2"},
			refusals: []string{"test.conf:5:53: security zones security-zone untrust interfaces eth1: " +
				"syn-cookie needs tx on eth1: no: no completion; see that eth1 is there and can send, then commit again"},
		},
		{
			name: "a published port without a link did not answer before",
			spoil: func(c *dataplane.Capabilities) {
				c.Ports[0] = dataplane.PortProof{Interface: "eth1", Published: true, Transmit: unknown("the link is down")}
			},
			refusals: []string{"test.conf:5:53: security zones security-zone untrust interfaces eth1: " +
				"syn-cookie needs tx on eth1: could not tell: the link is down; " +
				"bring the link of eth1 up, then commit again"},
		},
		{
			name:  "the engine does not report a port",
			spoil: func(c *dataplane.Capabilities) { c.Ports = c.Ports[1:] },
			refusals: []string{"test.conf:5:53: security zones security-zone untrust interfaces eth1: " +
				"syn-cookie needs tx on eth1: could not tell: the engine does not know the port; " +
				"bring the link of eth1 up, then commit again"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			caps := proved()
			test.spoil(caps)
			admission, refusals := deriveUserspaceCapabilities(
				parse(t, screenedZone+wantCookie), caps, Running{answering: test.answering})
			if diff := cmp.Diff(append([]string{}, test.refusals...), texts(refusals)); diff != "" {
				t.Errorf("refusals (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(append([]string{}, test.warnings...), texts(admission.Warnings)); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
			if admitted := admission.Mode == dataplane.ModeSynCookie; admitted != (test.refusals == nil) {
				t.Errorf("mode %s with %d refusals", admission.Mode, len(refusals))
			}
		})
	}
}

func TestSynCookieIsRefusedWhenTheEngineDoesNotReport(t *testing.T) {
	_, refusals := deriveUserspaceCapabilities(parse(t, screenedZone+wantCookie), nil, Running{})
	want := []string{atMode + "the engine does not report what it proved; " +
		"look for its error in the daemon's log, then commit again"}
	if diff := cmp.Diff(want, texts(refusals)); diff != "" {
		t.Errorf("refusals (-want +got):\n%s", diff)
	}
}

func TestUnsetModeIsWhatTheGateProves(t *testing.T) {
	broken := proved()
	broken.Mint = no("vector 1 differs")
	for _, test := range []struct {
		name     string
		text     string
		caps     *dataplane.Capabilities
		want     Admission
		warnings []string
	}{
		{name: "proved", text: screenedZone, caps: proved(), want: Admission{Mode: dataplane.ModeSynCookie}},
		{
			name: "not proved", text: screenedZone, caps: broken,
			want: Admission{Mode: dataplane.ModeDrop, Degraded: true},
			warnings: []string{
				"security flow syn-flood-protection-mode: not set, and syn-cookie is not proved here: SYNs above " +
					"attack-threshold are dropped, good ones among them; mend what the next lines name",
				"security flow syn-flood-protection-mode: syn-cookie needs mint: no: vector 1 differs; " + noTrust,
			},
		},
		{
			name: "not proved, and nothing is screened", caps: broken,
			text: "set system dataplane-type userspace\n",
			want: Admission{Mode: dataplane.ModeDrop, Degraded: true},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, refusals := deriveUserspaceCapabilities(parse(t, test.text), test.caps, Running{})
			if diff := cmp.Diff(append([]string{}, test.warnings...), texts(got.Warnings)); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
			if got.Warnings = nil; !cmp.Equal(test.want, got) || len(refusals) != 0 {
				t.Errorf("admission %+v, refusals %v; want %+v and none", got, refusals, test.want)
			}
		})
	}
}

func TestSynProxyIsRefusedWhateverIsProved(t *testing.T) {
	cfg := parse(t, screenedZone+"set security flow syn-flood-protection-mode syn-proxy\n")
	for _, caps := range []*dataplane.Capabilities{nil, proved()} {
		_, refusals := deriveUserspaceCapabilities(cfg, caps, Running{})
		want := []string{atMode + "syn-proxy is not available: " +
			"the userspace dataplane keeps no half-open proxy state; use syn-cookie"}
		if diff := cmp.Diff(want, texts(refusals)); diff != "" {
			t.Errorf("refusals (-want +got):\n%s", diff)
		}
	}
}

func TestZoneThatSeesOneDirectionIsNotSpliced(t *testing.T) {
	const reason = "of the last 30 connections not one answer of a server came by"
	for _, c := range []struct {
		what, statements string
		answer           dataplane.Answer
		want             string // empty: admitted
	}{
		{"both directions", "", dataplane.Yes, ""},
		{"nothing known", "", dataplane.Unknown, ""},
		{"one direction", "", dataplane.No, "security zones security-zone untrust: admission splice needs both " +
			"directions of a connection: " + reason},
		{"one direction, resets", "set security flow syn-cookie admission reset\n", dataplane.No, ""},
		{"one direction, the zone resets", "set security flow syn-cookie zone untrust admission safe-reset\n",
			dataplane.No, ""},
		{"one direction, the zone splices", "set security flow syn-cookie admission reset\n" +
			"set security flow syn-cookie zone untrust admission splice\n", dataplane.No, "admission splice needs"},
	} {
		seen := proved()
		seen.Zones = []dataplane.ZoneProof{{Zone: "untrust", Splice: dataplane.Proof{Answer: c.answer, Reason: reason}}}
		cfg := parse(t, screenedZone+wantCookie+c.statements)
		_, refusals := deriveUserspaceCapabilities(cfg, seen, Running{})
		got := ""
		for _, r := range refusals {
			got += r.String() + "\n"
		}
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s: refused %q, want %q", c.what, got, c.want)
		}
		if c.want != "" && !strings.Contains(got, "zone untrust admission safe-reset") {
			t.Errorf("%s: %q names no remedy", c.what, got)
		}
	}
}
