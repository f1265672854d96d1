// The benchmark suite: what a frame costs the core, beside the kernel's own cookies; how that grows; how
// many SYNs a system answers; what legitimate connections see of a flood; and what a host pays in calm.
//
// It needs root and what `make bench` builds, prints tables and writes build/bench/*.json and *.svg.
// What is compared is measured in one run and in turn: only ratios within a run mean anything.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"synscreen/bench/report"
	"synscreen/test/lab"
)

// part is one of the suite's benchmarks.
type part struct {
	name string
	run  func(ctx context.Context, rounds int) error
}

var parts = []part{
	{"cycles", cycles},
	{"growing", growing},
	{"answering", answering},
	{"surviving", surviving},
	{"idling", idling},
}

func main() {
	lab.RunRole(map[string]lab.Role{visitorsRole: runVisitors, listenerRole: runListener,
		bulkRole: runBulk, sinkRole: runSink, crowdRole: runCrowd})
	var names []string
	for _, p := range parts {
		names = append(names, p.name)
	}
	wanted := flag.String("parts", strings.Join(names, ","), "what is measured")
	among := flag.String("systems", "", "of answering and surviving: which systems, separated by commas; all if empty")
	rounds := flag.Int("rounds", 0, "measure everything so many times, in turn; 0: as each part has it")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	err := chooseSystems(*among)
	if err == nil {
		err = run(ctx, strings.Split(*wanted, ","), *rounds)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, wanted []string, rounds int) error {
	if rounds < 0 {
		return errors.New("--rounds is at least 1")
	}
	if err := lab.Sweep(); err != nil {
		return err
	}
	for _, name := range wanted {
		if !slices.ContainsFunc(parts, func(p part) bool { return p.name == name }) {
			return fmt.Errorf("--parts %s: there is no such part", name)
		}
	}
	fmt.Printf("%v\nNoise is the distance between the quartiles of all rounds, in %% of the median.\n",
		report.Describe())
	for _, p := range parts {
		if !slices.Contains(wanted, p.name) {
			continue
		}
		began := time.Now()
		if err := p.run(ctx, rounds); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		fmt.Printf("(%s: %.0f s)\n", p.name, time.Since(began).Seconds())
	}
	return nil
}

// orElse is n, or what a part takes by itself.
func orElse(n, usual int) int {
	if n == 0 {
		return usual
	}
	return n
}
