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
	for name, always := range map[string]bool{"unscreened in calm": false, "spliced": true} {
		t.Run(name, func(t *testing.T) {
			w := lab.WireForTest(t, lab.WireOptions{})
			startContent(t, w)
			startNginx(t, w)
			addSpareCables(t, w)
			d := startDaemon(t, w, configuration{always: always}, noLearning)
			transfer := startDownload(t, w)
			visitors := []visitor{startVisitor(t, w, 4), startVisitor(t, w, 6)}
			for i, change := range changes(always) {
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
			wantNoPasses(t, d.status(t))
		})
	}
}

// changes are good configurations, one after the other.
func changes(always bool) []configuration {
	other := wire{name: "w2", outer: "spare0", inner: "spare1"}
	both := []wire{firstWire(), other}
	return []configuration{
		{always: always, attack: 5000},
		{always: always, wires: both},
		{always: always, wires: both, zone: "renamed"},
		{always: always, attack: 4000},
		{always: always, wires: both, zone: "again"},
		{always: always, closed: true},
		{always: always},
	}
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
