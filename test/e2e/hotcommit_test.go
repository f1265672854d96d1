package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"synscreen/test/lab"
)

// hotChanges are good configurations of all kinds, a different one each time.
func hotChanges(n int) (texts []string) {
	const list = "set security screen ids-option web tcp syn-flood white-list friends source-address "
	both := []wire{firstWire(), secondWire()}
	for i := range n {
		c := configuration{attack: 200 + i}
		extra := ""
		switch i % 5 {
		case 1:
			extra = list + "192.0.2.0/24\n"
		case 2:
			extra = list + fmt.Sprintf("2001:db8:%d::/48\n", i)
		case 3:
			c.wires = both
		case 4:
			c.wires = both
			extra = "set security screen ids-option other tcp syn-flood\n" +
				"set security zones security-zone dmz screen other\n"
			extra = strings.ReplaceAll(extra, "dmz", "untrust-2") +
				"set security zones security-zone untrust-2 interfaces spare0\n"
		}
		text := c.String()
		if i%5 == 4 {
			text = strings.ReplaceAll(text, "set security zones security-zone untrust interfaces spare0\n", "")
		}
		texts = append(texts, text+extra)
	}
	return texts
}

func TestFiftyCommitsDuringAFloodLoseNoConnection(t *testing.T) {
	t.Parallel()
	const commits = 50
	w := lab.WireForTest(t, lab.WireOptions{})
	startNginx(t, w)
	addSpareCables(t, w)
	d := startDaemon(t, w, configuration{}, noLearning)
	startLightFloods(t, w, d, 80, families...)
	visitors := []visitor{startVisitor(t, w, 4), startVisitor(t, w, 6)}
	file := filepath.Join(w.Dir(), "hot.conf")
	for i, text := range hotChanges(commits) {
		if err := d.commit(t, text); err != nil {
			t.Fatalf("commit %d: %v", i+1, err)
		}
		if g := d.status(t).Generation; g != uint64(i)+2 {
			t.Fatalf("generation %d after commit %d", g, i+1)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := d.synscreen(t.Context(), "compare", file); err != nil || strings.Contains(out, "[edit") {
			t.Fatalf("after commit %d something else runs: %v\n%s", i+1, err, out)
		}
		for _, v := range visitors {
			v.waitMore(t, 2, fmt.Sprintf("after commit %d", i+1))
		}
	}
	for _, v := range visitors {
		if err := v.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	}
	s := d.status(t)
	if calm := zone(t, s, "untrust").Flooding == 0; calm {
		t.Error("the zone is calm under a flood")
	}
	if invalid := zone(t, s, "untrust").CookiesInvalid; invalid != 0 {
		t.Errorf("%d cookies were invalid", invalid)
	}
	wantNoPasses(t, s)
}
