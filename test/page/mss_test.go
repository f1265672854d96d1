package page

import (
	"slices"
	"testing"
)

func TestMSSRoundsDownToTheTable(t *testing.T) {
	table := []int64{100, 200, 400}

	for mss, want := range map[int64]int64{100: 100, 199: 100, 200: 200, 399: 200, 65535: 400} {
		if got := kept(table, mss); got != want {
			t.Errorf("%d becomes %d", mss, got)
		}
	}
	if got := lost(table, 250); got != 20 {
		t.Errorf("250 loses %g %%", got)
	}
	want := []float64{lost(table, 199), lost(table, 399), lost(table, 65535)}
	if got := worst(table); !slices.Equal(got, want) {
		t.Errorf("%v, not %v", got, want)
	}
}
