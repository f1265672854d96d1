package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"synscreen/pkg/dataplane"
)

// monitorInterval is the time between two readings: rates are of whole seconds.
const monitorInterval = time.Second

// topPlain is how many destinations of a zone are told on one line.
const topPlain = 3

// redraw takes the cursor home and clears what was drawn before.
const redraw = "\x1b[H\x1b[J"

func (a *app) monitorCommand() *cobra.Command {
	var count int
	command := &cobra.Command{
		Use:   "monitor",
		Short: "Watch zones and flooding destinations, or frames",
		Long: "Shows zones, their states and rates, and the destinations and source prefixes of floods, anew each\n" +
			"second: the whole screen on a terminal, else a line for each zone. Ends with --count readings, or\n" +
			"with Ctrl-C.",
		Args: cobra.ArbitraryArgs,
		RunE: func(command *cobra.Command, args []string) error {
			if len(args) > 0 {
				return group(command, args)
			}
			if count < 0 {
				return fmt.Errorf("--count %d: 0, for no bound, or more is possible", count)
			}
			return run(func(ctx context.Context, _ []string) error {
				return a.monitor(ctx, count, isTerminal(a.stdout))
			})(command, args)
		},
	}
	command.Flags().IntVar(&count, "count", 0, "end after so many readings; 0: no bound")
	command.AddCommand(a.monitorTrafficCommand())
	return command
}

// monitor reads once a second what floods, and shows it.
func (a *app) monitor(ctx context.Context, count int, terminal bool) error {
	ctx, restore := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer restore()
	ticker := time.NewTicker(monitorInterval)
	defer ticker.Stop()
	for read := 1; ; read++ {
		report, err := a.client().Floods(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		floods, err := selectFloods(report, "")
		if err != nil {
			return err
		}
		if read == 1 && len(floods) == 0 {
			a.tellEmpty()
		}
		if err := a.printReading(floods, report.Time, terminal); err != nil || read == count {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

func (a *app) printReading(floods []zoneFlood, at time.Time, terminal bool) error {
	if !terminal {
		for _, flood := range floods {
			if _, err := fmt.Fprintln(a.stdout, floodLine(flood)); err != nil {
				return fmt.Errorf("print: %w", err)
			}
		}
		return nil
	}
	var page strings.Builder
	fmt.Fprintf(&page, "%s%s, Ctrl-C ends\n\n", redraw, clock(at))
	err := writeTable(&page, func(w io.Writer) { printFloods(w, floods) })
	return errors.Join(err, printText(a.stdout, page.String()))
}

// floodLine tells of a zone on one line.
func floodLine(flood zoneFlood) string {
	z := flood.Zone
	line := fmt.Sprintf("%s  %s  %s  %d SYN/s  challenged %d  valid %d  invalid %d  refused %d",
		flood.Time.Format(time.TimeOnly), z.Name, choose(z.Flooding > 0, "flooding", "calm"), z.SynRate,
		z.Challenged, z.CookiesValid, z.CookiesInvalid, z.Refused)
	for _, row := range flood.Destinations[:min(topPlain, len(flood.Destinations))] {
		if row.Flooding {
			line += fmt.Sprintf("  %s %d/s %s", row.Address, row.SynRate, looksWord(row.Looks))
		}
	}
	return line
}

// looksWord is looksLike in one word.
func looksWord(looks dataplane.Looks) string {
	return choose(looks == dataplane.LooksUnknown, "early", looks.String())
}

// isTerminal says whether somebody looks at what is written.
func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	_, err := unix.IoctlGetTermios(int(file.Fd()), unix.TCGETS)
	return err == nil
}
