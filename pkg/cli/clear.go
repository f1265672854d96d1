package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"synscreen/pkg/control"
)

func (a *app) clearCommand() *cobra.Command {
	words := func(use, short string) *cobra.Command {
		return &cobra.Command{Use: use, Short: short, Args: cobra.ArbitraryArgs, RunE: group}
	}
	clear := words("clear", "Have the running daemon forget what it counted, connections or servers")
	security := words("security", "Screens, sessions and servers")
	screen := words("screen", "Screens")
	screen.AddCommand(a.clearStatisticsCommand())
	flow := words("flow", "Sessions and servers")
	flow.AddCommand(a.clearSessionCommand(), a.clearServerProfileCommand(), a.clearValidatedCommand())
	security.AddCommand(screen, flow)
	clear.AddCommand(security)
	return clear
}

func (a *app) clearStatisticsCommand() *cobra.Command {
	return newView(a, view[control.ClearResult]{
		use:   "statistics [zone ZONE]",
		short: "Set the statistics of all zones, or of one, to zero",
		long: "Sets to zero what `show security screen statistics` shows of all zones, or of one, and what\n" +
			"metrics have of its screens. What `show counters` shows is of ports, and stays.",
		args: zoneOrNothing("statistics"),
		ask: func(ctx context.Context, args []string) (control.ClearResult, error) {
			return a.client().Clear(ctx, control.ClearRequest{Zone: zoneOf(args)})
		},
		print: func(w io.Writer, result control.ClearResult) {
			fmt.Fprintf(w, "statistics of %s are set to zero\n", zoneNamed(result.Zone))
		},
	})
}
