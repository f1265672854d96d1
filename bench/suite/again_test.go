package main

import (
	"context"
	"errors"
	"strings"
	"testing"
)

func TestWhatFailsIsMeasuredOnceMoreAndThenLeftOut(t *testing.T) {
	late := errors.New("still running")
	for _, row := range []struct {
		name             string
		fails            int
		calls            int
		repeated, missed int
	}{
		{"never", 0, 1, 0, 0},
		{"once", 1, 2, 1, 0},
		{"always", 9, 2, 1, 1},
	} {
		var had trouble
		calls := 0
		err := again(context.Background(), &had, func() error {
			if calls++; calls <= row.fails {
				return late
			}
			return nil
		})
		if err != nil || calls != row.calls || had.Repeated != row.repeated || had.Missed != row.missed {
			t.Errorf("%s: %v after %d calls: %+v", row.name, err, calls, had)
		}
		if had.measured(1, "row") != nil || had.measured(0, "row") == nil {
			t.Errorf("%s: what was measured is told wrongly", row.name)
		}
		var out strings.Builder
		had.explain(&out, "row")
		marked, explained := had.mark() != "", strings.Contains(out.String(), "still running")
		if marked != (row.fails > 0) || marked != explained {
			t.Errorf("%s: marked %v: %q", row.name, marked, out.String())
		}
	}
}

func TestNothingIsMeasuredAgainWhenTheRunIsOver(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	var had trouble
	calls := 0
	err := again(ctx, &had, func() error {
		calls++
		cancel()
		return errors.New("ended")
	})
	if !errors.Is(err, context.Canceled) || calls != 1 {
		t.Errorf("%v after %d calls", err, calls)
	}
}
