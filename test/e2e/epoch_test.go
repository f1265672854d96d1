package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"synscreen/pkg/dataplane"
	"synscreen/test/lab"
)

const (
	epochsMin   = 8                      // of 2 s, under flood
	answerAfter = 500 * time.Millisecond // since the SYN, of a late client
	lateMax     = 4                      // late clients of each family
)

// crowd is visitors of both families: prompt ones, from the first client address, and late ones, from
// the second, whose answers to challenges come half a second later. Between challenge and answer of a
// late one there is, often enough, the end of an epoch or another master key.
type crowd []visitor

func startCrowd(t testing.TB, w *lab.WireLab) crowd {
	t.Helper()
	if err := w.HoldEach(t.Context(), 1, answerAfter); err != nil {
		t.Fatal(err)
	}
	var c crowd
	start := func(family int, address string, pause time.Duration) {
		p, err := w.Client.StartRole("visit-from", address, pause.String(), lab.URL(family, 80, "/"))
		if err != nil {
			t.Fatal(err)
		}
		c = append(c, visitor{p})
	}
	for family, address := range map[int]func(int) string{4: lab.ClientAddr4, 6: lab.ClientAddr6} {
		start(family, address(0), 20*time.Millisecond)
		for i := range lateMax { // not all at the same time
			start(family, address(1), time.Duration(i)*100*time.Millisecond)
		}
	}
	return c
}

// visits is how many visits of all have succeeded.
func (c crowd) visits() (n int) {
	for _, v := range c {
		n += v.visits()
	}
	return n
}

// waitEach waits until each has made a visit more that has begun since.
func (c crowd) waitEach(t testing.TB, when string) {
	t.Helper()
	const more = 2 // one is under way
	var from []int
	for _, v := range c {
		from = append(from, v.visits())
	}
	for i, v := range c {
		v.waitMore(t, from[i]+more-v.visits(), when)
	}
}

// stop ends all visitors, and returns how many visits have succeeded, and how many at most may have
// been broken off.
func (c crowd) stop(t testing.TB) (visits, broken int) {
	t.Helper()
	for _, v := range c {
		if err := v.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	}
	return c.visits(), len(c)
}

// wantEachChallenged asserts that the only connections were visits, each with a challenge and a valid
// answer, and that no answer was refused.
func wantEachChallenged(t testing.TB, before, after dataplane.Status, visits, broken int) {
	t.Helper()
	valid := int(zone(t, after, "untrust").CookiesValid - zone(t, before, "untrust").CookiesValid)
	if valid < visits || valid > visits+broken {
		t.Errorf("%d cookies were valid, want %d, or at most %d more", valid, visits, broken)
	}
	for _, reason := range []string{"forward_syn_calm", "drop_cookie_invalid", "drop_no_flow"} {
		if n := frames(t, after, lab.OuterDev, reason) - frames(t, before, lab.OuterDev, reason); n != 0 {
			t.Errorf("%s has grown by %d", reason, n)
		}
	}
	wantNoPasses(t, after)
}

// wantBusy asserts that a step is refused because a retired key is still accepted.
func (d *daemon) wantBusy(t testing.TB, retired string, step ...string) {
	t.Helper()
	err := d.tryKey(t, step...)
	if err == nil || !strings.Contains(err.Error(), "the key before ("+retired+") is still accepted") {
		t.Errorf("%q while a retired key is accepted: %v", step, err)
	}
}

// replaceKeys replaces the master key three times: twice by a random one, then by one of a file. The
// crowd goes on in every state between.
func replaceKeys(t testing.TB, w *lab.WireLab, d *daemon, c crowd) {
	t.Helper()
	file := writeKey(t, w.Dir(), "new.key", t.Name())
	used := map[string]bool{}
	active := d.cookies(t).Key.Active
	for i := range 2 {
		used[active] = true
		key := d.mustKey(t, "rotate-key")
		if used[key.Active] {
			t.Errorf("rotation %d: %s was active before", i+1, key.Active)
		}
		wantKeys(t, key, key.Active, dataplane.OtherKeyRetired, active)
		d.wantBusy(t, active, "rotate-key")
		d.wantBusy(t, active, "stage-key", file)
		active = key.Active
		d.waitForgotten(t)
		wantKeys(t, d.cookies(t).Key, active, dataplane.OtherKeyNone, "")
	}
	staged := d.mustKey(t, "stage-key", file).Other
	wantKeys(t, d.cookies(t).Key, active, dataplane.OtherKeyStaged, staged)
	c.waitEach(t, "while a key is staged")
	wantKeys(t, d.mustKey(t, "activate-key"), staged, dataplane.OtherKeyRetired, active)
	c.waitEach(t, "while a key is retired")
}

func TestConnectionsUnderFloodOutliveEpochsAndMasterKeys(t *testing.T) {
	t.Parallel()
	w := lab.WireForTest(t, lab.WireOptions{Clients: 2})
	startNginx(t, w)
	d := startShortEpochs(t, w, configuration{})
	startLightFloods(t, w, d, 80, families...)
	before, first := d.status(t), d.cookies(t)
	visitors := startCrowd(t, w)
	visitors.waitEach(t, "before a key is replaced")
	replaceKeys(t, w, d, visitors)
	last := first.CheckEpoch + epochsMin + 1
	d.waitStatus(t, fmt.Sprintf("epoch %d", last), func(s dataplane.Status) bool { return s.CheckEpoch >= last })
	visits, broken := visitors.stop(t)
	after := d.status(t)
	t.Logf("%d visits in %d epochs", visits, after.CheckEpoch-first.CheckEpoch)
	wantEachChallenged(t, before, after, visits, broken)
	if c := d.cookies(t); c.MintEpoch != c.CheckEpoch || c.State != dataplane.ClusterFollows {
		t.Errorf("cookies are made with %+v, want one epoch and a cluster time that follows the clock", c)
	}
	if flooding := zone(t, after, "untrust").Flooding; flooding == 0 {
		t.Error("the flood was over before the visits were")
	}
}
