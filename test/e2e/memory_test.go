package e2e

import (
	"fmt"
	"os"
	"strings"
	"testing"

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

func TestFloodFromAMillionSourcesTakesNoMemory(t *testing.T) {
	t.Parallel()
	const growthKB = 4096 // the control plane's own, which asks for the status
	w := lab.WireForTest(t, lab.WireOptions{})
	startContent(t, w)
	d := startDaemon(t, w, configuration{}, noLearning)
	flood := func(source string, seconds int) lab.FloodResult {
		t.Helper()
		f, err := w.StartFlood(lab.FloodOptions{Source: source, Ports: fmt.Sprint(contentPort), Seconds: seconds})
		if err != nil {
			t.Fatal(err)
		}
		result, err := f.Result(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return result
	}
	flood("198.18.0.0/24", 2) // whatever a flood touches at all
	before := d.residentKB(t)
	challenged := frames(t, d.status(t), lab.OuterDev, "reply_challenge")
	result := flood("198.16.0.0/12", 8) // 2^20 addresses
	challenged = frames(t, d.status(t), lab.OuterDev, "reply_challenge") - challenged
	after := d.residentKB(t)
	t.Logf("%d SYNs from 2^20 addresses, %d challenged: %d kB before, %d kB after", result.Sent, challenged, before, after)
	if challenged < 1_000_000/4 {
		t.Errorf("only %d SYNs were challenged", challenged)
	}
	if after > before+growthKB {
		t.Errorf("resident memory grew from %d to %d kB", before, after)
	}
}
