package lab

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"time"
)

const (
	startLimit   = 10 * time.Second // a program's start, on a busy machine
	stopLimit    = 10 * time.Second // a program's end after SIGTERM
	pollInterval = 10 * time.Millisecond

	// patienceVariable says how many times as long as usual is waited: an emulated machine is slow.
	patienceVariable = "SYNSCREEN_LAB_PATIENCE"
)

func patience() time.Duration {
	n, err := strconv.Atoi(os.Getenv(patienceVariable))
	if err != nil || n < 1 {
		return 1
	}
	return time.Duration(n)
}

// WaitFor asks again and again until the condition holds, an error comes, or the limit is over.
// The error says what was waited for.
func WaitFor(ctx context.Context, what string, limit time.Duration,
	condition func() (bool, error)) error {
	limit *= patience()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	ticks := time.NewTicker(pollInterval)
	defer ticks.Stop()
	for {
		ok, err := condition()
		if ok && err == nil {
			return nil
		}
		if err != nil && ctx.Err() == nil {
			return fmt.Errorf("waiting for %s: %w", what, err)
		}
		select {
		case <-ticks.C:
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s, %v: %w", what, limit, ctx.Err())
		}
	}
}
