package e2e

import (
	"fmt"
	"testing"

	"synscreen/pkg/dataplane"
	"synscreen/test/lab"
)

// overloadSYNs come while connections that are there already go on.
const overloadSYNs = 300_000

// receivedBy sums up what the XDP program gave to the receive rings of a port, without what these had no room
// for.
func receivedBy(p dataplane.PortStatus) uint64 {
	var given uint64
	for _, c := range p.Shim {
		if c.Counter == "shim_to_engine" || c.Counter == "shim_syn_to_engine" {
			given += c.Frames
		}
	}
	return given - p.KernelRxDropped - p.KernelSynDropped
}

// wantAccounts asserts that each frame that was given to the engine was taken, or is counted as lost, and
// that no reply has taken what belongs to forwarding.
func (d *daemon) wantAccounts(t testing.TB) {
	t.Helper()
	d.waitStatus(t, "the receive rings to be empty", func(s dataplane.Status) bool {
		for _, p := range s.Ports {
			if receivedBy(p) != p.RxFrames {
				return false
			}
		}
		return true
	})
	for _, p := range d.status(t).Ports {
		if p.RepliesInReserve != 0 {
			t.Errorf("%s: %d replies took what belongs to forwarding", p.Interface, p.RepliesInReserve)
		}
	}
}

// The port is polled as a network card's: what the generator sends is not slowed down by its being received.
func TestConnectionsGoOnThroughAFloodThatIsFasterThanItIsAnswered(t *testing.T) {
	t.Parallel()
	const size, rate = 32 * mega, mega
	w := lab.WireForTest(t, lab.WireOptions{})
	if _, err := w.PollOuter(t.Context()); err != nil {
		t.Fatal(err)
	}
	startContent(t, w)
	d := startDaemon(t, w, configuration{always: true}, noLearning)
	var downloads []*download
	var uploads []*lab.Process
	for _, family := range families {
		downloads = append(downloads, startDownloadOf(t, w, family, size, rate))
		uploads = append(uploads, startUpload(t, w, family, size, rate))
	}
	before := d.status(t)
	flood, err := w.StartFlood(lab.FloodOptions{Ports: fmt.Sprint(contentPort), Seconds: floodSeconds})
	if err != nil {
		t.Fatal(err)
	}
	d.waitStatus(t, "a flood", func(s dataplane.Status) bool {
		return shimSYNs(s)-shimSYNs(before) >= overloadSYNs
	})
	for _, p := range uploads {
		wantGoesOn(t, p, lab.ContentSum(size))
	}
	for _, c := range downloads {
		c.wantComplete(t)
	}
	if err := flood.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.wantAccounts(t)
	s := d.status(t)
	for _, p := range s.Ports {
		t.Logf("%s: %d SYNs came, %d frames lost, %d SYNs lost, %d over budget", p.Interface, shimSYNs(s), p.KernelRxDropped,
			p.KernelSynDropped, frames(t, s, p.Interface, "drop_reply_budget"))
	}
}

// shimSYNs are the SYNs that came by the wire's port towards the clients.
func shimSYNs(s dataplane.Status) (sum uint64) {
	for _, p := range s.Ports {
		for _, c := range p.Shim {
			if p.Interface == lab.OuterDev &&
				(c.Counter == "shim_syn_to_engine" || c.Counter == "shim_challenged") {
				sum += c.Frames
			}
		}
	}
	return sum
}
