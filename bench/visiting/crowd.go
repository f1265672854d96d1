package visiting

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"synscreen/test/lab"
)

const (
	// VisitorsRole is of a crowd that comes at a steady rate, CrowdRole of one that comes without a pause.
	VisitorsRole, CrowdRole = "visitors", "crowd"

	CrowdSize = 8 // who come again as soon as they have been answered
)

// Roles are what a benchmark's binary has to be able to be.
func Roles() map[string]lab.Role {
	return map[string]lab.Role{VisitorsRole: runVisitors, CrowdRole: runCrowd, ListenerRole: RunListener}
}

// VisitorsArguments are of so many visits at so many a second.
func (s Sources) VisitorsArguments(count, perSecond int) []string {
	return append(s.arguments(), strconv.Itoa(count), strconv.Itoa(perSecond))
}

// CrowdArguments are of a crowd that comes for so long.
func (s Sources) CrowdArguments(span time.Duration) []string {
	return append(s.arguments(), strconv.Itoa(int(span.Milliseconds())))
}

func (s Sources) arguments() []string { return []string{s.First.String(), strconv.Itoa(s.Count)} }

// parseArguments is the other end: sources, and as many numbers as are wanted.
func parseArguments(args []string, wanted int) (s Sources, numbers []int, err error) {
	if len(args) != 2+wanted {
		return s, nil, fmt.Errorf("an address, a count and %d more are wanted, not %q", wanted, args)
	}
	var errs []error
	s.First, err = netip.ParseAddr(args[0])
	errs = append(errs, err)
	for _, arg := range args[1:] {
		n, err := strconv.Atoi(arg)
		if err == nil && n < 1 {
			err = fmt.Errorf("%d: at least 1 is wanted", n)
		}
		errs, numbers = append(errs, err), append(numbers, n)
	}
	s.Count = numbers[0]
	return s, numbers[1:], errors.Join(errs...)
}

// runVisitors writes each visit to its standard output.
func runVisitors(ctx context.Context, args []string) error {
	from, numbers, err := parseArguments(args, 2)
	if err != nil {
		return err
	}
	count, perSecond := numbers[0], numbers[1]
	visits := make([]Visit, count)
	ticks := time.NewTicker(time.Second / time.Duration(perSecond))
	defer ticks.Stop()
	var all sync.WaitGroup
	for i := range count {
		all.Go(func() { visits[i] = Pay(ctx, from, i) })
		select {
		case <-ticks.C:
		case <-ctx.Done():
		}
	}
	all.Wait()
	return json.NewEncoder(os.Stdout).Encode(visits)
}

// Visits are what a process in VisitorsRole wrote.
func Visits(p *lab.Process) (visits []Visit, err error) {
	return visits, json.NewDecoder(strings.NewReader(p.Stdout())).Decode(&visits)
}

// runCrowd writes how many visits there were. One that fails ends it.
func runCrowd(ctx context.Context, args []string) error {
	from, numbers, err := parseArguments(args, 1)
	if err != nil {
		return err
	}
	var count, failed atomic.Int64
	var all sync.WaitGroup
	deadline := time.Now().Add(time.Duration(numbers[0]) * time.Millisecond)
	for first := range CrowdSize {
		all.Go(func() {
			for i := first; time.Now().Before(deadline) && ctx.Err() == nil; i += CrowdSize {
				if !Pay(ctx, from, i).Succeeded {
					failed.Add(1)
					return
				}
				count.Add(1)
			}
		})
	}
	all.Wait()
	if n := failed.Load(); n > 0 {
		return fmt.Errorf("%d visits failed", n)
	}
	fmt.Println(count.Load())
	return nil
}

// Count is what a process in CrowdRole wrote.
func Count(p *lab.Process) (float64, error) {
	return strconv.ParseFloat(strings.TrimSpace(p.Stdout()), 64)
}
