package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"synscreen/pkg/control"
)

func (a *app) validatedCommand() *cobra.Command {
	var client, server prefixFlag
	var summary bool
	command := newView(a, view[control.ValidatedReport]{
		use:   "validated-client [zone ZONE]",
		short: "Show the clients that have answered a challenge, and pass without another",
		long: "Shows who passes to which destination address and port without a challenge, and for how long yet.\n" +
			"One IPv4 /24 has at most 256 places, one IPv6 /64 has 64, one /48 has 256; who finds none is challenged\n" +
			"each time, which is counted as refused.",
		args: zoneOrNothing("validated-client"),
		ask: func(ctx context.Context, args []string) (control.ValidatedReport, error) {
			query := control.ValidatedQuery{Zone: zoneOf(args), Client: client.Prefix, Server: server.Prefix}
			return a.client().Validated(ctx, query)
		},
		print: func(w io.Writer, report control.ValidatedReport) { printValidated(w, report, summary) },
	})
	command.Flags().Var(&client, "client", "only clients in PREFIX")
	command.Flags().Var(&server, "server", "only those of servers in PREFIX")
	command.Flags().BoolVar(&summary, "summary", false, "count them instead of printing them")
	return command
}

func printValidated(w io.Writer, report control.ValidatedReport, summary bool) {
	if !summary {
		fmt.Fprintln(w, "Zone\tClient\tDestination\tLeft")
		for _, row := range report.Clients {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", row.Zone, row.Client, row.Destination, row.Left.Round(time.Second))
		}
		return
	}
	fmt.Fprintf(w, "Validated now\t%d of %d\n", len(report.Clients), report.Totals.Capacity)
	fmt.Fprintf(w, "Validated in all\t%d\n", report.Totals.Inserted)
	fmt.Fprintf(w, "Renewed\t%d\n", report.Totals.Renewed)
	fmt.Fprintf(w, "Refused\t%d\n", report.Totals.Refused)
}

func (a *app) clearValidatedCommand() *cobra.Command {
	return newView(a, view[control.ClearValidatedResult]{
		use:   "validated-client [zone ZONE]",
		short: "Forget the validated clients of all zones, or of one",
		long:  "Forgets who has answered a challenge. Their next connections to a flooding destination are challenged again.",
		args:  zoneOrNothing("validated-client"),
		ask: func(ctx context.Context, args []string) (control.ClearValidatedResult, error) {
			return a.client().ClearValidated(ctx, control.ClearValidatedRequest{Zone: zoneOf(args)})
		},
		print: func(w io.Writer, result control.ClearValidatedResult) {
			fmt.Fprintf(w, "the validated clients of %s are forgotten\n", zoneNamed(result.Zone))
		},
	})
}
