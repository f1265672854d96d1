// The demo: a web server stays reachable through a SYN flood, in three acts.
//
// It needs root and what `make build` leaves. Everything happens in network namespaces of its own,
// which are gone when it ends, however it ends. The exit status is 0 only if every legitimate
// connection of act three succeeded, under the conditions that verdict.go lists, and less than half
// of act two's did.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"synscreen/test/lab"
)

// runMax bounds the demo as a whole, so that nothing that hangs can outlast it.
const runMax = 88 * time.Second

func main() {
	lab.RunRole(map[string]lab.Role{clientsRole: runClients})
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, runMax)
	defer cancel()
	code, err := run(ctx)
	if err != nil {
		fmt.Fprintf(os.Stderr, "demo: %v\n", explain(ctx, err))
	}
	os.Exit(code)
}

// explain prefers the reason why everything ended to what the end interrupted.
func explain(ctx context.Context, err error) error {
	switch ctx.Err() {
	case context.Canceled:
		return errors.New("interrupted; everything is taken away")
	case context.DeadlineExceeded:
		return fmt.Errorf("not over after %v: %w", runMax, err)
	}
	return err
}

// run plays the acts and judges them. Its deferred calls run also in a panic.
func run(ctx context.Context) (code int, err error) {
	if err := lab.Sweep(); err != nil {
		return 1, err
	}
	l, err := lab.New()
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	stage, err := newStage(ctx, l)
	if err != nil {
		return 1, err
	}
	introduce(os.Stdout)
	t := newTable(os.Stdout)
	results, err := stage.play(ctx, t)
	t.end()
	if err != nil {
		return 1, err
	}
	remark(os.Stdout, results)
	judgement := judge(results)
	judgement.print(os.Stdout)
	if !judgement.passed() {
		return 1, nil
	}
	return 0, nil
}
