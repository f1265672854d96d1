// The bulk benchmark: what one TCP flow gets through the wire, spliced and unspliced, beside a kernel
// bridge between the same ends with the same offloads, in one run and in turn.
//
// It needs root and what `make build` leaves, prints a table and writes build/bench/bulk.json. Rates
// depend on the machine and on what else it does; the ratios of one run are what it is for.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"synscreen/bench/report"
	"synscreen/test/lab"
)

func main() {
	rounds := flag.Int("rounds", 5, "measure each way so many times, in turn")
	seconds := flag.Int("seconds", 3, "for so long each time")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *rounds, *seconds); err != nil {
		fmt.Fprintf(os.Stderr, "bulk: %v\n", err)
		os.Exit(1)
	}
}

// run measures every way in every round. Its deferred calls take the lab away also after an error.
func run(ctx context.Context, rounds, seconds int) (err error) {
	if rounds < 1 || seconds < 1 {
		return errors.New("--rounds and --seconds are at least 1")
	}
	if err := lab.Sweep(); err != nil {
		return err
	}
	l, err := lab.New()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	b, err := newBench(ctx, l, seconds)
	if err != nil {
		return err
	}
	results := newResults(rounds, seconds)
	for i := range rounds {
		fmt.Fprintf(os.Stderr, "round %d of %d\n", i+1, rounds)
		if err := b.round(ctx, results); err != nil {
			return fmt.Errorf("round %d: %w", i+1, err)
		}
	}
	results.print(os.Stdout)
	return report.Store("bulk", results)
}
