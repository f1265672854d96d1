package e2e

import (
	"strings"
	"testing"
	"time"

	"synscreen/pkg/dataplane"
	"synscreen/test/lab"
)

// triesOf are how many connections a client needs for its first page under each admission.
func triesOf(admission string) int {
	if admission == "reset" {
		return 2
	}
	return 1
}

// admitting is a configuration that challenges everybody who has not been validated.
func admitting(admission string) configuration {
	return configuration{always: true, admission: admission, validated: 120}
}

func TestEachAdmissionCostsAClientWhatTheDocumentationSays(t *testing.T) {
	t.Parallel()
	const rounds = 7
	w := lab.WireForTest(t, lab.WireOptions{})
	startContent(t, w)
	d := startDaemon(t, w, admitting("splice"), noLearning)
	for _, admission := range []string{"splice", "reset", "safe-reset"} {
		d.mustCommit(t, admitting(admission))
		for _, family := range families {
			var first, later []time.Duration
			for range rounds {
				d.forgetClients(t)
				v := getPage(t, w, family, 0)
				if v.tries != triesOf(admission) {
					t.Errorf("%s, IPv%d: %d tries, want %d", admission, family, v.tries, triesOf(admission))
				}
				first = append(first, v.took)
				if v = getPage(t, w, family, 0); v.tries != 1 {
					t.Errorf("%s, IPv%d: %d tries of a validated client", admission, family, v.tries)
				}
				later = append(later, v.took)
			}
			t.Logf("%s, IPv%d: the first page after %v, later ones after %v", admission, family, median(first), median(later))
			if median(first) > time.Second {
				t.Errorf("%s, IPv%d: the first page took %v", admission, family, median(first))
			}
		}
	}
	s := d.status(t)
	const pages = 2 * rounds
	for counter, want := range map[string]uint64{
		"forward_syn_validated": 3*pages + 2*pages, // all later ones, and after a reset of either kind
		"reply_challenge":       3 * pages,
		"forward_splice_syn":    pages,
		"drop_validated":        pages,
	} {
		if got := frames(t, s, lab.OuterDev, counter); got != want {
			t.Errorf("%s is %d, want %d", counter, got, want)
		}
	}
	if resets := frames(t, s, lab.OuterDev, "reply_reset"); resets < pages {
		t.Errorf("%d resets, want %d or, with what was on its way, more", resets, pages)
	}
}

func TestValidatedClientsAreShownAndForgotten(t *testing.T) {
	t.Parallel()
	w := lab.WireForTest(t, lab.WireOptions{})
	startContent(t, w)
	d := startDaemon(t, w, admitting("splice"), noLearning)
	for _, family := range families {
		getPage(t, w, family, 0)
	}
	d.wantSaid(t, "show security flow validated-client", lab.ClientAddr4(0), lab.ServerAddr4+":8080",
		lab.ClientAddr6(0), "["+lab.ServerAddr6+"]:8080", "untrust")
	d.wantSaid(t, "show security flow validated-client --summary", "Validated now     2 of 65536")
	d.wantSaid(t, "show security flow validated-client --client 192.0.2.0/24", "Zone  Client  Destination  Left\n")
	before := frames(t, d.status(t), lab.OuterDev, "reply_challenge")
	getPage(t, w, 4, 0)
	if now := frames(t, d.status(t), lab.OuterDev, "reply_challenge"); now != before {
		t.Errorf("a validated client was challenged")
	}
	d.forgetClients(t)
	getPage(t, w, 4, 0)
	if now := frames(t, d.status(t), lab.OuterDev, "reply_challenge"); now != before+1 {
		t.Errorf("%d challenges of a client that was forgotten", now-before)
	}
	// another way to be admitted: who was by the one before is not by this one
	d.mustCommit(t, admitting("reset"))
	if v := getPage(t, w, 4, 0); v.tries != 2 {
		t.Errorf("after the admission was changed, %d tries", v.tries)
	}
}

func TestResetsAdmitWhereTheServersAnswersGoAnotherWay(t *testing.T) {
	t.Parallel()
	w := lab.WireForTest(t, lab.WireOptions{})
	startContent(t, w)
	addBypass(t, w)
	d := startDaemon(t, w, admitting("reset"), noLearning)
	for _, admission := range []string{"reset", "safe-reset"} {
		d.mustCommit(t, admitting(admission))
		d.forgetClients(t)
		for _, family := range families {
			if v := getPage(t, w, family, 0); v.tries != triesOf(admission) {
				t.Errorf("%s, IPv%d: %d tries, want %d", admission, family, v.tries, triesOf(admission))
			}
			round := serverBytesBypassing(t, w)
			if err := fetch(t.Context(), w, family, 4*mega); err != nil {
				t.Error(err)
			}
			if err := upload(t.Context(), w, family, 4*mega); err != nil {
				t.Error(err)
			}
			if moved := serverBytesBypassing(t, w) - round; moved < 4*mega {
				t.Errorf("%d bytes went round the wire: nothing is proved", moved)
			}
		}
	}
}

func TestZoneWhoseAnswersGoAnotherWayIsNotSpliced(t *testing.T) {
	t.Parallel()
	const connections = 30
	w := lab.WireForTest(t, lab.WireOptions{})
	startContent(t, w)
	addBypass(t, w)
	c := configuration{validated: 120}
	text := c.String() + "set security screen ids-option web tcp syn-flood timeout 2\n"
	d := startDaemon(t, w, c, noLearning)
	if err := d.commit(t, text); err != nil {
		t.Fatal(err)
	}
	knockTimes(t, w, connections/2, serverAddress(4, contentPort), serverAddress(6, contentPort))
	d.waitStatus(t, "a zone that sees one direction", func(s dataplane.Status) bool {
		return zone(t, s, "untrust").Symmetry == dataplane.SymmetryOneWay
	})
	d.wantSaid(t, "show security flow syn-cookie zone untrust", "nothing is spliced, safe-reset takes its place")
	startLightFloods(t, w, d, contentPort, families...)
	for _, family := range families {
		if v := getPage(t, w, family, 0); v.tries != 1 {
			t.Errorf("IPv%d: %d tries under the flood", family, v.tries)
		}
	}
	if n := frames(t, d.status(t), lab.OuterDev, "drop_validated"); n != uint64(len(families)) {
		t.Errorf("%d clients were validated by a safe reset, want %d", n, len(families))
	}
	err := d.commit(t, text)
	if err == nil || !strings.Contains(err.Error(), "admission splice needs both directions") ||
		!strings.Contains(err.Error(), "set security flow syn-cookie zone untrust admission safe-reset") {
		t.Errorf("splice was committed again: %v", err)
	}
	c.admission = "safe-reset"
	d.mustCommit(t, c)
	for _, family := range families {
		if v := getPage(t, w, family, 0); v.tries != 1 {
			t.Errorf("IPv%d: %d tries after the commit", family, v.tries)
		}
	}
}

// A firewall with connection tracking between client and wire: it must not take a challenge for an attack.
const dropInvalid = "table inet strict { " +
	"chain in { type filter hook input priority 0; ct state invalid counter drop; }; " +
	"chain out { type filter hook output priority 0; ct state invalid counter drop; }; }"

func TestResetsAdmitClientsBehindConnectionTracking(t *testing.T) {
	t.Parallel()
	w := lab.WireForTest(t, lab.WireOptions{})
	startContent(t, w)
	if _, err := w.Client.Run(t.Context(), "nft", dropInvalid); err != nil {
		t.Fatal(err)
	}
	d := startDaemon(t, w, admitting("reset"), noLearning)
	for _, admission := range []string{"reset", "safe-reset"} {
		d.mustCommit(t, admitting(admission))
		for _, family := range families {
			for range 5 {
				d.forgetClients(t)
				if v := getPage(t, w, family, 0); v.tries != triesOf(admission) || v.took > time.Second {
					t.Errorf("%s, IPv%d: %d tries, %v", admission, family, v.tries, v.took)
				}
			}
		}
	}
}

func TestResetsAdmitClientsBehindANAT(t *testing.T) {
	t.Parallel()
	w := lab.WireForTest(t, lab.WireOptions{Clients: 2, ClientMTU: 1500})
	startContent(t, w)
	nat := "table inet nat { chain out { type nat hook postrouting priority 100; oifname near ip saddr " +
		lab.ClientAddr4(1) + " snat ip to " + lab.ClientAddr4(0) + "; oifname near ip6 saddr " +
		lab.ClientAddr6(1) + " snat ip6 to " + lab.ClientAddr6(0) + "; }; }"
	if _, err := w.ClientRouter.Run(t.Context(), "nft", nat); err != nil {
		t.Fatal(err)
	}
	d := startDaemon(t, w, admitting("reset"), noLearning)
	for _, admission := range []string{"splice", "reset", "safe-reset"} {
		d.mustCommit(t, admitting(admission))
		for _, family := range families {
			d.forgetClients(t)
			if v := getPage(t, w, family, 1); v.tries != triesOf(admission) {
				t.Errorf("%s, IPv%d: %d tries, want %d", admission, family, v.tries, triesOf(admission))
			}
		}
	}
	d.wantSaid(t, "show security flow validated-client", lab.ClientAddr6(0)+" ")
	out, err := d.synscreen(t.Context(), "show", "security", "flow", "validated-client")
	if err != nil || strings.Contains(out, lab.ClientAddr6(1)+" ") {
		t.Errorf("the address behind the NAT is known: %v\n%s", err, out)
	}
}
