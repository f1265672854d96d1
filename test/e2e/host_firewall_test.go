package e2e

import (
	"testing"

	"synscreen/test/lab"
)

// A firewall of the host's own, as many are: its connection tracking sees neither SYN nor SYN-ACK of who is
// admitted by a cookie, and takes the ACK for a connection that it has missed the beginning of.
const hostFirewall = "table inet firewall { chain in { type filter hook input priority 0; policy drop; " +
	"iif lo accept; ct state established,related accept; ct state invalid drop; icmpv6 type { 133-136 } accept; " +
	"tcp dport 8080 accept; }; chain out { type filter hook output priority 0; ct state invalid drop; }; }"

func TestAStatefulFirewallOfTheHostLetsInWhoIsAdmitted(t *testing.T) {
	t.Parallel()
	w := lab.HostForTest(t, lab.WireOptions{})
	startContent(t, w)
	if _, err := w.Server.Run(t.Context(), "nft", hostFirewall); err != nil {
		t.Fatal(err)
	}
	d := startDaemon(t, w, hostPort(configuration{always: true}))
	before := d.hostState(t)
	for _, family := range families {
		for range 3 {
			if err := fetch(t.Context(), w, family, 4*mega); err != nil {
				t.Error(err)
			}
			if err := upload(t.Context(), w, family, 4*mega); err != nil {
				t.Error(err)
			}
		}
	}
	d.wantAdmitted(t, before, uint64(6*len(families)))
}

// One that lets in no connection whose SYN it has not seen, as many do, too: safe resets are made for that.
const strictFirewall = "table inet strict { chain in { type filter hook input priority 0; " +
	"tcp flags & (fin | syn | rst | ack) != syn ct state new drop; }; }"

func TestSafeResetsAdmitClientsOfAHostWhoseFirewallWantsToSeeEachSYN(t *testing.T) {
	t.Parallel()
	w := lab.HostForTest(t, lab.WireOptions{})
	startContent(t, w)
	if _, err := w.Server.Run(t.Context(), "nft", strictFirewall); err != nil {
		t.Fatal(err)
	}
	d := startDaemon(t, w, hostPort(configuration{always: true, admission: "safe-reset"}))
	for _, family := range families {
		before := d.hostState(t)
		if v := getPage(t, w, family, 0); v.tries != 1 {
			t.Errorf("IPv%d: %d tries", family, v.tries)
		}
		d.wantValidated(t, before)
	}
}
