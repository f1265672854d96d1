package e2e

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"synscreen/pkg/dataplane"
	"synscreen/test/lab"
)

// visitor is a client that gets a page again and again; one failure ends it.
type visitor struct{ *lab.Process }

func startVisitor(t testing.TB, w *lab.WireLab, family int) visitor {
	t.Helper()
	p, err := w.Client.StartRole("visit", lab.URL(family, 80, "/"))
	if err != nil {
		t.Fatal(err)
	}
	return visitor{p}
}

func (v visitor) visits() int {
	lines := strings.Fields(v.Stdout())
	if len(lines) == 0 {
		return 0
	}
	n, _ := strconv.Atoi(lines[len(lines)-1])
	return n
}

// waitMore waits until that many more visits have succeeded.
func (v visitor) waitMore(t testing.TB, more int, when string) {
	t.Helper()
	from := v.visits()
	err := lab.WaitFor(t.Context(), "visits "+when, startLimit, func() (bool, error) {
		select {
		case <-v.Done():
			return false, v.Wait(t.Context())
		default:
			return v.visits() >= from+more, nil
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestCommitsWhileRunningLoseNoConnection(t *testing.T) {
	t.Parallel()
	for name, changes := range map[string][]configuration{"calm": calmChanges(), "spliced": splicedChanges()} {
		t.Run(name, func(t *testing.T) {
			w := lab.WireForTest(t, lab.WireOptions{})
			startContent(t, w)
			startNginx(t, w)
			addSpareCables(t, w)
			d := startDaemon(t, w, changes[0], noLearning)
			transfer := startDownload(t, w)
			visitors := []visitor{startVisitor(t, w, 4), startVisitor(t, w, 6)}
			for i, change := range changes {
				d.mustCommit(t, change)
				if g := d.status(t).Generation; g != uint64(i)+2 {
					t.Errorf("generation %d after commit %d", g, i+1)
				}
				for _, v := range visitors {
					v.waitMore(t, 20, fmt.Sprintf("after commit %d", i+1))
				}
			}
			for _, v := range visitors {
				if err := v.Stop(t.Context()); err != nil {
					t.Error(err)
				}
			}
			transfer.wantComplete(t)
			s := d.status(t)
			if challenged := frames(t, s, lab.OuterDev, "reply_challenge") > 0; challenged != changes[0].always {
				t.Errorf("somebody was challenged: %t, want %t", challenged, changes[0].always)
			}
			wantNoPasses(t, s)
		})
	}
}

// secondWire is a wire between the spare ports.
func secondWire() wire { return wire{name: "w2", outer: "spare0", inner: "spare1"} }

// calmChanges are good configurations whose threshold nobody reaches.
func calmChanges() []configuration {
	const never = 400_000
	both := []wire{firstWire(), secondWire()}
	return []configuration{
		{attack: never},
		{attack: never - 1},
		{attack: never, wires: both},
		{attack: never, wires: both, zone: "renamed"},
		{attack: never},
		{attack: never, wires: both, zone: "again"},
		{attack: never, closed: true},
		{attack: never},
	}
}

// splicedChanges are good configurations under which everybody is challenged. None renames the zone:
// keys derive from its name, so a cookie that is under way would not be known again.
func splicedChanges() []configuration {
	both := []wire{firstWire(), secondWire()}
	return []configuration{
		{always: true},
		{always: true, attack: 5000},
		{always: true, wires: both},
		{always: true, attack: 4000},
		{always: true, closed: true},
		{always: true, wires: both},
		{always: true},
	}
}

func TestRenamedZoneKeepsSplicedConnectionsAndChallengesNewOnes(t *testing.T) {
	t.Parallel()
	w := lab.WireForTest(t, lab.WireOptions{})
	startContent(t, w)
	d := startDaemon(t, w, configuration{always: true}, noLearning)
	transfer := startDownload(t, w)
	for _, name := range []string{"renamed", "untrust"} {
		d.mustCommit(t, configuration{always: true, zone: name})
		transfer.waitMore(t, 2*mega)
		before := d.status(t)
		for _, family := range families {
			if err := fetch(t.Context(), w, family, mega); err != nil {
				t.Error(err)
			}
		}
		if n := zone(t, d.status(t), name).CookiesValid - zone(t, before, name).CookiesValid; n != 2 {
			t.Errorf("%d cookies were valid in zone %s, want 2", n, name)
		}
	}
	transfer.wantComplete(t)
}

// addSpareCables adds two ports for a second wire.
func addSpareCables(t testing.TB, w *lab.WireLab) {
	t.Helper()
	err := w.Wire.IP(t.Context(), "link add spare0 type veth peer name far0",
		"link add spare1 type veth peer name far1", "link set spare0 up", "link set far0 up",
		"link set spare1 up", "link set far1 up")
	if err != nil {
		t.Fatal(err)
	}
}

func TestCommitOnAnIdleWireTakesLittleTime(t *testing.T) {
	t.Parallel()
	const limit = 500 * time.Millisecond // 100 ms on a machine of its own
	w := lab.WireForTest(t, lab.WireOptions{})
	d := startDaemon(t, w, configuration{}, noLearning)
	least := time.Hour
	for i := range 5 {
		began := time.Now()
		d.mustCommit(t, configuration{attack: 1000 + i})
		least = min(least, time.Since(began))
	}
	t.Logf("the fastest commit took %v, its process included", least)
	if least > limit {
		t.Errorf("the fastest of 5 commits took %v, want at most %v", least, limit)
	}
	d.waitStatus(t, "generation 6", func(s dataplane.Status) bool { return s.Generation == 6 })
}
