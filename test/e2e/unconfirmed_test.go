package e2e

import (
	"testing"
	"time"

	"synscreen/pkg/history"
	"synscreen/test/lab"
)

// The one test that waits for a minute: it is the least that can be asked for.
func TestCommitThatNobodyConfirmsIsRolledBackAfterAMinute(t *testing.T) {
	t.Parallel()
	w := lab.WireForTest(t, lab.WireOptions{})
	addSpareCables(t, w)
	d := startDaemon(t, w, configuration{}, noLearning)
	began := time.Now()
	d.wantSaid(t, "commit confirmed 1 "+d.write(t, "cut.conf", cutting()), "rolled back in 1 minute", "commit complete: generation 2")
	wantCut(t, w)
	err := lab.WaitFor(t.Context(), "the rollback", 90*time.Second, func() (bool, error) {
		s, err := d.client.Status(t.Context())
		return err == nil && s.Generation == 3, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took < 59*time.Second {
		t.Errorf("it was rolled back after %v", took)
	}
	wantCarries(t, w)
	d.wantKept(t, history.AutoRollback, history.CommitConfirmed, history.Start)
}
