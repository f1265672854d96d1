package e2e

import (
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"synscreen/test/lab"
)

// residentKB is the resident memory of the daemon.
func (d *daemon) residentKB(t testing.TB) (kb int) {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.PID()))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if n, _ := fmt.Sscanf(line, "VmRSS: %d kB", &kb); n == 1 {
			return kb
		}
	}
	t.Fatalf("no VmRSS in %s", text)
	return 0
}

// millionLimit is what a million SYNs may take on a machine that has other work, too.
const millionLimit = time.Minute

// distinct is how many addresses of so many are expected among n that are drawn at random: n addresses of a
// /8 are n - n²/2^25, about.
func distinct(n uint64, addresses float64) float64 {
	return addresses * -math.Expm1(-float64(n)/addresses)
}

// received counts what came in at an end's device.
func received(t testing.TB, n *lab.Namespace) uint64 {
	t.Helper()
	frames, err := n.Counter(t.Context(), lab.EndDev, "rx_packets")
	if err != nil {
		t.Fatal(err)
	}
	return frames
}

func TestFloodFromAMillionSourcesTakesNoMemory(t *testing.T) {
	t.Parallel()
	const (
		growthKB = 4096      // four bytes a source; what there is is the control plane's own
		enough   = 1_100_000 // SYNs, of 1.06 million sources
	)
	w := lab.WireForTest(t, lab.WireOptions{})
	startContent(t, w)
	// the control plane's garbage, collected early, is not taken for a flood's memory
	d := launchDaemonBy(t, w, []string{"env", "GOGC=20"}, configuration{}, noLearning)
	d.waitRunning(t)
	challenge := func(source string, count uint64) (challenged uint64) {
		t.Helper()
		before := frames(t, d.status(t), lab.OuterDev, "reply_challenge")
		// what comes back is counted: a daemon that is asked again and again has garbage for each answer
		from := received(t, w.Attacker)
		f, err := w.StartFlood(lab.FloodOptions{Source: source, Ports: fmt.Sprint(contentPort),
			Seconds: int(millionLimit.Seconds())})
		if err != nil {
			t.Fatal(err)
		}
		err = lab.WaitFor(t.Context(), fmt.Sprintf("%d challenges", count), millionLimit, func() (bool, error) {
			n, err := w.Attacker.Counter(t.Context(), lab.EndDev, "rx_packets")
			return n >= from+count, err
		})
		if err = errors.Join(err, f.Stop(t.Context())); err != nil {
			t.Fatal(err)
		}
		return frames(t, d.status(t), lab.OuterDev, "reply_challenge") - before
	}
	challenge("198.18.0.0/24", 100_000) // whatever a flood touches at all
	before := d.residentKB(t)
	challenged := challenge("198.0.0.0/8", enough)
	after := d.residentKB(t)
	sources := distinct(challenged, 1<<24)
	t.Logf("%d SYNs from %.0f sources challenged: %d kB before, %d kB after", challenged, sources, before, after)
	if sources < 1_000_000 {
		t.Errorf("SYNs of only %.0f sources were challenged", sources)
	}
	if after > before+growthKB {
		t.Errorf("resident memory grew from %d to %d kB", before, after)
	}
}
