package e2e

import (
	"fmt"
	"testing"

	"synscreen/pkg/dataplane"
	"synscreen/test/lab"
)

const (
	strayWarm     = 20_000 // segments until every page that a flood touches was touched
	strayMore     = 200_000
	strayVisits   = 10      // pages of each family meanwhile
	strayGrowthKB = 8 << 10 // less than 42 bytes for each segment; what there is is the control plane's own
)

// stray is a flood of segments that belong to no connection.
type stray struct {
	flags  string
	family int
}

func (s stray) String() string { return fmt.Sprintf("%s over IPv%d", s.flags, s.family) }

// strays are all of their kinds.
func strays() (all []stray) {
	for _, flags := range []string{"ack", "syn-ack", "rst"} {
		for _, family := range families {
			all = append(all, stray{flags, family})
		}
	}
	return all
}

// As fast as the generator makes them: the cookie of each is checked, none makes state, and who is real comes
// through meanwhile. That nothing is spared shows in the count of what was checked: all that came.
func TestFloodsOfStraySegmentsCostNoMemoryAndShutNobodyOut(t *testing.T) {
	t.Parallel()
	w := lab.WireForTest(t, lab.WireOptions{})
	startContent(t, w)
	d := startDaemon(t, w, admitting("splice"), noLearning)
	for _, family := range families {
		getPage(t, w, family, 0)
	}
	for _, s := range strays() {
		t.Run(s.String(), func(t *testing.T) { d.suffer(t, s) })
	}
}

// suffer is one flood, with clients that come meanwhile.
func (d *daemon) suffer(t *testing.T, s stray) {
	before := d.status(t)
	flood, err := d.lab.StartFlood(lab.FloodOptions{Family: s.family, Ports: fmt.Sprint(contentPort), Flags: s.flags,
		Options: "none", Seconds: floodSeconds})
	if err != nil {
		t.Fatal(err)
	}
	d.waitInvalid(t, before, strayWarm)
	warm, memory := d.status(t), d.residentKB(t)
	for range strayVisits {
		for _, family := range families {
			d.forgetClients(t) // each is challenged
			if v := getPage(t, d.lab, family, 0); v.tries != 1 {
				t.Errorf("a page over IPv%d needed %d tries", family, v.tries)
			}
		}
	}
	d.waitInvalid(t, warm, strayMore)
	grown := d.residentKB(t) - memory
	if err := flood.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	now := d.status(t)
	t.Logf("%d segments, %d kB", invalid(t, now)-invalid(t, before), grown)
	if grown > strayGrowthKB {
		t.Errorf("resident memory grew by %d kB", grown)
	}
	const visits = strayVisits * 2
	if n := now.Validated.Inserted - before.Validated.Inserted; n != visits {
		t.Errorf("%d clients were validated, want %d", n, visits)
	}
	if n := now.Flows.Installed - before.Flows.Installed; n != visits {
		t.Errorf("%d flows were made, want those of %d pages", n, visits)
	}
	if n := frames(t, now, lab.OuterDev, "reply_challenge") - frames(t, before, lab.OuterDev, "reply_challenge"); n < visits {
		t.Errorf("%d challenges for %d pages", n, visits)
	}
}

// invalid is how many segments answered no challenge.
func invalid(t testing.TB, s dataplane.Status) uint64 {
	t.Helper()
	return frames(t, s, lab.OuterDev, "drop_cookie_invalid")
}

func (d *daemon) waitInvalid(t testing.TB, before dataplane.Status, n uint64) {
	t.Helper()
	d.waitStatus(t, fmt.Sprintf("%d stray segments", n), func(s dataplane.Status) bool {
		return invalid(t, s) >= invalid(t, before)+n
	})
}
