package main

import (
	"context"
	"fmt"
	"io"
	"strings"
)

// trouble is what a row had. Its numbers are of the attempt that went well, on a machine that was not quiet.
type trouble struct {
	Repeated int      `json:"repeated,omitempty"`
	Missed   int      `json:"missed,omitempty"` // failed again: the round has nothing to say
	Why      []string `json:"why,omitempty"`
}

// again measures, and once more where that failed: on a loaded machine a storm may outlive the wait for its
// end. Who fails twice is left out, and the run goes on. The error is the context's.
func again(ctx context.Context, t *trouble, measure func() error) error {
	for attempt := range 2 {
		err := measure()
		if err == nil || ctx.Err() != nil {
			return ctx.Err()
		}
		t.Why = append(t.Why, err.Error())
		if attempt == 0 {
			t.Repeated++
		} else {
			t.Missed++
		}
	}
	return nil
}

// measured is an error where a row has no numbers at all: a run goes on without them, but has not succeeded.
func (t *trouble) measured(count int, name string) error {
	if count > 0 {
		return nil
	}
	return fmt.Errorf("%s: not measured: %s", name, strings.Join(t.Why, "; "))
}

// mark is what stands behind the name of a row that had trouble.
func (t *trouble) mark() string {
	if len(t.Why) > 0 {
		return " *"
	}
	return ""
}

// explain writes what a mark means.
func (t *trouble) explain(w io.Writer, name string) {
	if len(t.Why) > 0 {
		fmt.Fprintf(w, "* %s: noisy: %d repeated, %d missed: %s\n", name, t.Repeated, t.Missed, t.Why[0])
	}
}
