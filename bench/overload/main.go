// The overload benchmark: what an established, spliced TCP flow gets through the wire while a SYN flood is
// as fast as the generator makes it, beside what it got right before and gets right after, in turn.
//
// It needs root and what `make build` leaves, prints a table and writes build/bench/overload.json. Rates
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
	rounds := flag.Int("rounds", 3, "measure each direction so many times, in turn")
	seconds := flag.Int("seconds", 2, "for so long before, during and after a flood")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *rounds, *seconds); err != nil {
		fmt.Fprintf(os.Stderr, "overload: %v\n", err)
		os.Exit(1)
	}
}

// run measures every direction in every round. Its deferred calls take the lab away also after an error.
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
		for _, d := range results.Directions {
			s, err := b.measure(ctx, d)
			if err != nil {
				return fmt.Errorf("round %d, %s: %w", i+1, d.Name, err)
			}
			d.Samples = append(d.Samples, s)
		}
	}
	if err := b.daemon.Stop(ctx); err != nil {
		return err
	}
	results.print(os.Stdout)
	return report.Store("overload", results)
}
