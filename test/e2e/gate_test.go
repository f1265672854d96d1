package e2e

import (
	"strings"
	"testing"

	"synscreen/pkg/control"
	"synscreen/pkg/dataplane"
	"synscreen/test/lab"
)

// setServerLink takes the server's link down, or brings it back with all that goes away with it.
func setServerLink(t testing.TB, w *lab.WireLab, up bool) {
	t.Helper()
	state := "down"
	if up {
		state = "up"
	}
	err := w.Server.IP(t.Context(), "link set dev "+lab.EndDev+" "+state)
	if err == nil && up {
		err = w.AddressServer(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// wantNotAdmitted waits until the gate has refused for want of a link, and wants `show capabilities`
// to say so, with its place and remedy.
func (d *daemon) wantNotAdmitted(t testing.TB) {
	t.Helper()
	var report control.CapabilityReport
	d.wait(t, "the gate's refusal", func() (bool, error) {
		var err error
		report, err = d.client.Capabilities(t.Context())
		return report.LastRefusal != nil, err
	})
	if d.show(t, &report, "capabilities"); report.Running.Generation != 0 || len(report.LastRefusal.Refusals) != 1 {
		t.Fatalf("report %+v, want nothing running and one refusal", report)
	}
	r := report.LastRefusal.Refusals[0]
	if !strings.Contains(r.Reason, "inner has no link") || r.At == "" || r.Remedy == "" {
		t.Errorf("refused by %q, want the link of inner, a place and a remedy", r)
	}
	if text, err := d.synscreen(t.Context(), "show", "capabilities"); err != nil ||
		!strings.Contains(text, "could not tell: inner has no link") {
		t.Errorf("show capabilities says, %v:\n%s", err, text)
	}
	if !strings.Contains(d.Stderr(), "level=ERROR msg=\"configuration refused\"") {
		t.Errorf("no alarm in the log:\n%s", d.Stderr())
	}
}

func TestStartWithoutALinkPassesTrafficByOnFailureAndIsAdmittedLater(t *testing.T) {
	t.Parallel()
	w := lab.WireForTest(t, lab.WireOptions{})
	setServerLink(t, w, false)
	d := launchDaemon(t, w, configuration{}, noLearning)
	d.wantNotAdmitted(t)
	setServerLink(t, w, true)
	waitCarries(t, w)
	if s := d.status(t); s.Generation != 0 {
		t.Error("the engine was admitted before the bridge could be seen to carry: nothing is proved")
	}
	d.waitStatus(t, "admission", func(s dataplane.Status) bool { return s.Generation == 1 })
	waitCarries(t, w)
}

func TestRestartWithoutALinkKeepsTheWireAsOnFailureSays(t *testing.T) {
	t.Parallel()
	w := lab.WireForTest(t, lab.WireOptions{})
	startDaemon(t, w, configuration{}, noLearning).stop(t)
	wantCarries(t, w)
	setServerLink(t, w, false)
	d := launchDaemon(t, w, configuration{}, noLearning)
	d.wantNotAdmitted(t)
	setServerLink(t, w, true)
	waitCarries(t, w)
	d.waitStatus(t, "admission", func(s dataplane.Status) bool { return s.Generation == 1 })
}

func TestStartWithoutALinkCutsAClosedWireUntilItIsAdmitted(t *testing.T) {
	t.Parallel()
	w := lab.WireForTest(t, lab.WireOptions{})
	setServerLink(t, w, false)
	d := launchDaemon(t, w, configuration{closed: true}, noLearning)
	d.wantNotAdmitted(t)
	setServerLink(t, w, true)
	wantCut(t, w)
	d.waitStatus(t, "admission", func(s dataplane.Status) bool { return s.Generation == 1 })
	wantCarries(t, w)
}
