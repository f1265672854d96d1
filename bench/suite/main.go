// The benchmark suite: what a frame costs the core, beside the kernel's own cookies; how that grows; how
// many SYNs a system answers; what legitimate connections see of a flood; what a host pays in calm; what
// segments of no flow cost a wire; and the benchmarks of bulk flows, which are programs of their own.
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
	"synscreen/bench/visiting"
	"synscreen/test/lab"
)

// part is one of the suite's benchmarks, and how long it takes: two processors that do nothing else.
type part struct {
	name        string
	run         func(ctx context.Context, rounds int, p *progress) error
	rounds      int           // as it is
	fixed, each time.Duration // beside the rounds; and of a round
}

func (p part) takes(rounds int) time.Duration { return p.fixed + time.Duration(rounds)*p.each }

const systemsUsual = 10 // whose time the parts have

var parts = []part{
	{"cycles", cycles, 15, 30 * time.Second, 2 * time.Second},
	{"growing", growing, 9, time.Second, 5 * time.Second},
	{"answering", answering, 1, 0, 110 * time.Second},
	{"surviving", surviving, 1, 0, 320 * time.Second},
	{"idling", idling, 2, 0, 30 * time.Second},
	{"straying", straying, 1, 0, 72 * time.Second},
	{"bulk", program("bulk"), 3, 3 * time.Second, 18 * time.Second},
	{"overload", program("overload"), 2, 3 * time.Second, 26 * time.Second},
}

// planned is how long parts take; rounds 0: as each has it.
func planned(some []part, rounds int) (all time.Duration) {
	for _, p := range some {
		all += p.takes(orElse(rounds, p.rounds))
	}
	return all
}

func main() {
	roles := visiting.Roles()
	roles[bulkRole], roles[sinkRole] = runBulk, runSink
	lab.RunRole(roles)
	var names []string
	for _, p := range parts {
		names = append(names, p.name)
	}
	wanted := flag.String("parts", strings.Join(names, ","), "what is measured")
	among := flag.String("systems", "", "of answering and surviving: which systems, separated by semicolons; all if empty")
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
	for i := range parts {
		if parts[i].name == "answering" || parts[i].name == "surviving" {
			parts[i].each = parts[i].each * time.Duration(len(systems)) / systemsUsual
		}
	}
	chosen := slices.DeleteFunc(slices.Clone(parts),
		func(p part) bool { return !slices.Contains(wanted, p.name) })
	return runAll(ctx, chosen, rounds, newProgress(os.Stderr, planned(chosen, rounds)))
}

// runAll goes on when a part has failed, and says so in the end.
func runAll(ctx context.Context, chosen []part, rounds int, p *progress) (failed error) {
	for _, next := range chosen {
		began := time.Now()
		p.enter(next, orElse(rounds, next.rounds))
		err := next.run(ctx, orElse(rounds, next.rounds), p)
		p.leave()
		fmt.Printf("(%s: %.0f s)\n", next.name, time.Since(began).Seconds())
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", next.name, err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	fmt.Printf("(all: %s)\n", clock(time.Since(p.began)))
	return failed
}

// orElse is n, or what a part takes by itself.
func orElse(n, usual int) int {
	if n == 0 {
		return usual
	}
	return n
}
