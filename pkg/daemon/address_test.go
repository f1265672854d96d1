package daemon

import (
	"slices"
	"strings"
	"testing"

	"synscreen/pkg/control"
)

func TestAPortWithAnAddressIsWarnedOfByTheLogACommitAndACheck(t *testing.T) {
	const said = `eth2 has the address 192.0.2.1/24 and 2001:db8::1/64, by which this machine cannot be reached ` +
		`while it is a port`
	const remedy = `take it away (ip address flush dev eth2), or name another interface`
	dataplane := &scripted{addresses: map[string][]string{"eth2": {"192.0.2.1/24", "2001:db8::1/64"}}}
	inLoopOf(t, dataplane, t.TempDir(), wired("eth1", "eth2"), func(t *testing.T, b *bench) {
		inLog := `level=WARN msg="port has an address" at=first.conf:3:33 ` +
			`path="security forwarding-options secure-wire w interface" reason="` + said + `" remedy="` + remedy + `"`
		if log := b.log.take(); !slices.Contains(log, inLog) {
			t.Errorf("log %s\nwant %s", strings.Join(log, "\n"), inLog)
		}
		want := "warning: a.conf:3:33: security forwarding-options secure-wire w interface: " + said + "; " + remedy
		sent := control.CommitRequest{Name: "a.conf", Text: wired("eth1", "eth2")}
		checked, err := b.backend.Check(t.Context(), sent)
		if err != nil || !slices.Contains(checked.Warnings, want) {
			t.Errorf("check: %v, error %v, want %s", checked.Warnings, err, want)
		}
		if got := b.commit(t, sent.Name, sent.Text); !got.Committed || !slices.Contains(got.Warnings, want) {
			t.Errorf("commit: %+v, want %s", got, want)
		}
		sent.Text = wired("eth1", "eth3")
		if got := b.commit(t, sent.Name, sent.Text); slices.ContainsFunc(got.Warnings, func(warning string) bool {
			return strings.Contains(warning, "address")
		}) {
			t.Errorf("without an address: %+v", got)
		}
	})
}

func TestAddressesThatNobodyElseCanReachAreNone(t *testing.T) {
	if got := addressesOf("lo"); got != nil {
		t.Errorf("loopback: %v", got)
	}
	if got := addressesOf("no-such-one"); got != nil {
		t.Errorf("no interface: %v", got)
	}
}
