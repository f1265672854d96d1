package replay

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"synscreen/pkg/dataplane"
)

// tally counts frames by what became of them.
type tally struct {
	frames map[fate]uint64
	total  uint64
	left   uint64 // frames that left
}

// fate is one verdict and its reason.
type fate struct {
	verdict dataplane.Verdict
	reason  string
}

func newTally() *tally { return &tally{frames: map[fate]uint64{}} }

func (t *tally) count(result dataplane.ReplayResult) {
	t.total++
	t.frames[fate{result.Verdict, result.Reason}]++
}

// print writes the summary.
func (t *tally) print(to io.Writer, elapsed time.Duration) error {
	fates := slices.SortedFunc(maps.Keys(t.frames), func(a, b fate) int {
		return cmp.Or(cmp.Compare(a.verdict, b.verdict), strings.Compare(a.reason, b.reason))
	})
	text := ""
	if t.total > 0 {
		text = "\n" // behind the frames' lines
	}
	for _, f := range fates {
		text += fmt.Sprintf("%8d  %-*s  %s\n", t.frames[f], verdictWidth, f.verdict, f.reason)
	}
	text += fmt.Sprintf("%8d  frames in %s s; %d left\n", t.total, seconds(elapsed), t.left)
	if _, err := io.WriteString(to, text); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}
