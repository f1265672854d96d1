package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"synscreen/pkg/control"
	"synscreen/pkg/history"
	"synscreen/test/lab"
)

// cutting is a configuration without the lab's wire: whoever commits it from behind the wire cuts himself
// off.
func cutting() configuration { return configuration{wires: []wire{secondWire()}} }

// write puts a configuration into a file of the lab.
func (d *daemon) write(t testing.TB, name string, c configuration) (path string) {
	t.Helper()
	path = filepath.Join(d.lab.Dir(), name)
	if err := os.WriteFile(path, []byte(c.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// wantSaid runs a command and asserts that its output has some texts in it.
func (d *daemon) wantSaid(t testing.TB, command string, texts ...string) {
	t.Helper()
	out, err := d.synscreen(t.Context(), strings.Fields(command)...)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range texts {
		if !strings.Contains(out, text) {
			t.Errorf("%s does not say %q:\n%s", command, text, out)
		}
	}
}

// wantKept asserts how what is kept came to run, newest first.
func (d *daemon) wantKept(t testing.TB, ways ...history.Way) {
	t.Helper()
	var list control.CommitList
	d.show(t, &list, "system", "commit")
	var got []history.Way
	for _, record := range list.Commits {
		got = append(got, record.Way)
	}
	if diff := cmp.Diff(ways, got); diff != "" {
		t.Errorf("kept (- want, + got):\n%s", diff)
	}
}

func TestCheckLeavesTheWireAndRollbackBringsItBack(t *testing.T) {
	t.Parallel()
	w := lab.WireForTest(t, lab.WireOptions{})
	addSpareCables(t, w)
	d := startDaemon(t, w, configuration{}, noLearning)
	cut := d.write(t, "cut.conf", cutting())
	before, attached := settings(t, w), linkTable(t, w)

	d.wantSaid(t, "commit check "+cut, "a commit would run it as generation 2, mode syn-cookie; "+
		"attach spare0, spare1; release inner, outer\n")
	d.wantSaid(t, "compare "+cut, "w1", "w2", "spare0")
	if diff := cmp.Diff(attached, linkTable(t, w)); diff != "" {
		t.Errorf("links have changed (- before, + after):\n%s", diff)
	}
	wantSettings(t, w, before)
	wantCarries(t, w)
	if g := d.status(t).Generation; g != 1 {
		t.Errorf("generation %d after a check", g)
	}

	d.wantSaid(t, "commit confirmed 60 "+cut, "rolled back in 60 minutes", "commit complete: generation 2")
	wantCut(t, w)
	d.wantSaid(t, "rollback 1", "commit complete: generation 3")
	wantCarries(t, w)
	if _, err := d.synscreen(t.Context(), "commit"); err == nil || !strings.Contains(err.Error(), "nothing to confirm") {
		t.Errorf("after a rollback there is something to confirm: %v", err)
	}
	d.wantKept(t, history.Rollback, history.CommitConfirmed, history.Start)
	d.wantSaid(t, "compare rollback 1", "w1", "w2", "spare0")
	d.wantSaid(t, "show configuration --set", "secure-wire w1 interface outer\n")
}

// A restart is a way back in, also for who wrote the bad configuration into the daemon's own file.
func TestRestartDoesNotStartWhatWasNeverConfirmed(t *testing.T) {
	t.Parallel()
	w := lab.WireForTest(t, lab.WireOptions{})
	addSpareCables(t, w)
	d := startDaemon(t, w, configuration{}, noLearning)
	own := d.write(t, filepath.Base(d.config), cutting())
	d.wantSaid(t, "commit confirmed 60 "+own, "commit complete: generation 2")
	wantCut(t, w)
	d.signal(t, syscall.SIGKILL)
	d = startDaemon(t, w, cutting(), noLearning)
	wantCarries(t, w)
	d.wantKept(t, history.Start, history.CommitConfirmed, history.Start)
	d.wantSaid(t, "commit "+own, "commit complete: generation 2")
	d.wantKept(t, history.Commit, history.Start, history.CommitConfirmed, history.Start)
}
