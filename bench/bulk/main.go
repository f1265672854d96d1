// The bulk benchmark: what one TCP flow gets through the wire, what processor time it costs, and how many
// connections a second come about. The driver sends the flow's segments on, or the engine, or it is spliced;
// beside that a kernel bridge and bare XDP_REDIRECT between the same ends with the same offloads, in one run
// and in turn.
//
// It needs root and what `make build` leaves, prints a table and writes build/bench/bulk.json. Rates
// depend on the machine and on what else it does; the ratios of one run are what it is for.
package main

import (
	"context"
	"fmt"
	"os"

	"synscreen/bench/report"
	"synscreen/bench/running"
	"synscreen/bench/visiting"
	"synscreen/test/lab"
)

func main() {
	lab.RunRole(visiting.Roles())
	running.Rounds("bulk", 3, 2, run)
}

// run measures every way in every round.
func run(ctx context.Context, l *lab.Lab, rounds, seconds int) error {
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
	results.sum()
	results.print(os.Stdout)
	return report.Store("bulk", results)
}
