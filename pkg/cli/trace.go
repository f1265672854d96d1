package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"synscreen/pkg/control"
	"synscreen/pkg/dataplane"
)

// Bounds of how long one looks at frames.
const (
	traceSecondsDefault = 10
	lookSecondsMax      = 24 * 60 * 60
)

// frameClock is how the time of a frame is written: this machine's, with microseconds.
const frameClock = "15:04:05.000000"

func (a *app) traceCommand() *cobra.Command {
	var seconds int
	var asJSON bool
	command := &cobra.Command{
		Use:   "trace SRC:PORT DST:PORT",
		Short: "Show what becomes of each frame of one TCP connection",
		Long: "Shows each frame between two ends as it passes, either way: when, by which port, in or out, and of\n" +
			"what came in the verdict and the reason (`show counters` counts the same). IPv6 is written\n" +
			"[2001:db8::1]:443. Ends after --seconds, or with Ctrl-C. There is one look at frames at a time:\n" +
			"trace and `monitor traffic` end one that began before.",
		Args: func(command *cobra.Command, args []string) error {
			if err := takes(2, 2)(command, args); err != nil {
				return err
			}
			_, err := readTuple(args)
			return errors.Join(err, checkLook(seconds, 0))
		},
		RunE: run(func(ctx context.Context, args []string) error {
			tuple, err := readTuple(args)
			if err != nil {
				return err
			}
			show := a.printFate
			if asJSON {
				show = a.printFrameJSON
			}
			return a.look(ctx, look{filter: dataplane.TapFilter{Tuple: &tuple}, seconds: seconds, show: show,
				begun: fmt.Sprintf("frames between %s and %s, for %d s", tuple[0], tuple[1], seconds)})
		}),
	}
	command.Flags().IntVar(&seconds, "seconds", traceSecondsDefault, "end after so many seconds")
	command.Flags().BoolVar(&asJSON, "json", false, "print a line of JSON for each frame")
	return command
}

func readTuple(args []string) ([2]netip.AddrPort, error) {
	var tuple [2]netip.AddrPort
	for i, arg := range args {
		end, err := netip.ParseAddrPort(arg)
		if err != nil || end.Addr().Zone() != "" {
			return tuple, fmt.Errorf("%q: not an address and a port such as 192.0.2.1:80 or [2001:db8::1]:80", arg)
		}
		tuple[i] = netip.AddrPortFrom(end.Addr().Unmap(), end.Port())
	}
	if tuple[0].Addr().Is4() != tuple[1].Addr().Is4() {
		return tuple, fmt.Errorf("%s and %s are not of one address family", tuple[0].Addr(), tuple[1].Addr())
	}
	return tuple, nil
}

// checkLook checks the bounds of a look; 0 frames: no bound.
func checkLook(seconds, count int) error {
	if seconds < 1 || seconds > lookSecondsMax {
		return fmt.Errorf("--seconds %d: from 1 to %d is possible", seconds, lookSecondsMax)
	}
	if count < 0 {
		return fmt.Errorf("--count %d: 0, for no bound, or more is possible", count)
	}
	return nil
}

// look is a look at frames.
type look struct {
	filter  dataplane.TapFilter
	seconds int
	count   int                            // end after so many frames; 0: no bound
	show    func(dataplane.TapFrame) error // called for each
	begun   string                         // said on standard error when it has begun
	begin   func() error                   // called then, before the first frame; may be nil
}

// errEnough ends a look that has seen what it wanted.
var errEnough = errors.New("seen enough")

// look shows frames until its time is over, enough were seen, or the user interrupts it, and then says how
// many they were.
func (a *app) look(ctx context.Context, l look) error {
	ctx, restore := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer restore()
	ctx, cancel := context.WithTimeout(ctx, time.Duration(l.seconds)*time.Second)
	defer cancel()
	var seen, lost uint64
	var beginErr error
	began := false
	err := a.client().Tap(ctx, l.filter, func() {
		if l.begin != nil {
			beginErr = l.begin()
		}
		if beginErr != nil {
			cancel()
			return
		}
		began = true
		fmt.Fprintln(a.stderr, l.begun)
	}, func(line control.TapLine) error {
		lost += line.Lost
		if line.Frame == nil || beginErr != nil {
			return beginErr
		}
		seen++
		if err := l.show(*line.Frame); err != nil {
			return err
		}
		if l.count > 0 && seen == uint64(l.count) {
			return errEnough
		}
		return nil
	})
	if began {
		fmt.Fprintf(a.stderr, "%d frames, %d lost\n", seen, lost)
	}
	switch {
	case beginErr != nil:
		return beginErr
	case errors.Is(err, errEnough):
		return nil
	}
	return err
}

// printFate prints what became of a frame.
func (a *app) printFate(frame dataplane.TapFrame) error {
	_, err := fmt.Fprintf(a.stdout, "%s  %s\n", frame.Time.Local().Format(frameClock), fateOf(frame))
	return err
}

// fateOf gives port, side and, of what came in, verdict and reason.
func fateOf(frame dataplane.TapFrame) string {
	if frame.Side == dataplane.TapOut {
		return fmt.Sprintf("%s  out", frame.Interface)
	}
	return fmt.Sprintf("%s  in   %-9s  %s", frame.Interface, frame.Verdict, frame.Reason)
}

func (a *app) printFrameJSON(frame dataplane.TapFrame) error {
	if err := json.NewEncoder(a.stdout).Encode(frame); err != nil {
		return fmt.Errorf("print JSON: %w", err)
	}
	return nil
}
