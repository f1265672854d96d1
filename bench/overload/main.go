// The overload benchmark: what an established, spliced TCP flow gets through the wire while a SYN flood is
// as fast as the generator makes it, beside what it got right before and gets right after, in turn.
//
// It needs root and what `make build` leaves, prints a table and writes build/bench/overload.json. Rates
// depend on the machine and on what else it does; the ratios of one run are what it is for.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"synscreen/bench/report"
	"synscreen/bench/running"
	"synscreen/test/lab"
)

func main() {
	offload := flag.String("offload", "auto", "who answers the flood: auto, engine or driver")
	running.Rounds("overload", 2, 1, func(ctx context.Context, l *lab.Lab, rounds, seconds int) error {
		return run(ctx, l, newResults(rounds, seconds, *offload))
	})
}

// run measures every direction in every round.
func run(ctx context.Context, l *lab.Lab, results *results) error {
	b, err := newBench(ctx, l, results.Seconds, results.Offload)
	if err != nil {
		return err
	}
	for i := range results.Rounds {
		fmt.Fprintf(os.Stderr, "round %d of %d\n", i+1, results.Rounds)
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
