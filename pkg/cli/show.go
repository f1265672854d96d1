package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

func (a *app) showCommand() *cobra.Command {
	show := &cobra.Command{
		Use:   "show",
		Short: "Show the state of the running daemon",
		Args:  cobra.ArbitraryArgs,
		RunE:  group,
	}
	security := &cobra.Command{
		Use:   "security",
		Short: "Screens, sessions and SYN cookies",
		Args:  cobra.ArbitraryArgs,
		RunE:  group,
	}
	screen := &cobra.Command{Use: "screen", Short: "Screens", Args: cobra.ArbitraryArgs, RunE: group}
	flow := &cobra.Command{Use: "flow", Short: "Sessions, servers and floods", Args: cobra.ArbitraryArgs, RunE: group}
	screen.AddCommand(a.statisticsCommand(), a.idsOptionCommand())
	flow.AddCommand(a.sessionCommand(), a.serverProfileCommand(), a.validatedCommand(), a.synCookieFlowCommand())
	security.AddCommand(screen, flow, a.synCookieCommand())
	show.AddCommand(a.capabilitiesCommand(), a.portsCommand(), a.wiresCommand(), a.countersCommand(),
		a.configurationCommand(), a.systemCommand(), security)
	return show
}

// view is a command that asks the daemon for something and prints it.
type view[T any] struct {
	use, short, long string
	args             cobra.PositionalArgs
	ask              func(ctx context.Context, args []string) (T, error) // for a value that JSON can hold
	print            func(w io.Writer, value T)                          // for a reader
	empty            func(value T) bool                                  // no row; nil: that is no news
}

// newView makes a command of a view, with --json.
func newView[T any](a *app, v view[T]) *cobra.Command {
	var asJSON bool
	command := &cobra.Command{
		Use:   v.use,
		Short: v.short,
		Long:  v.long,
		Args:  v.args,
		RunE: run(func(ctx context.Context, args []string) error {
			value, err := v.ask(ctx, args)
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(a.stdout, value)
			}
			if v.empty != nil && v.empty(value) {
				a.tellEmpty()
			}
			return writeTable(a.stdout, func(w io.Writer) { v.print(w, value) })
		}),
	}
	command.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return command
}

// tellEmpty says why there may be no rows.
func (a *app) tellEmpty() {
	fmt.Fprintln(a.stderr, "there is nothing to show; `synscreen show capabilities` says what runs")
}

func isEmpty[E any](rows []E) bool { return len(rows) == 0 }

func writeJSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(value); err != nil {
		return fmt.Errorf("print JSON: %w", err)
	}
	return nil
}

// writeTable aligns what is printed at its tabs.
func writeTable(w io.Writer, print func(io.Writer)) error {
	table := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	print(table)
	if err := table.Flush(); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}
