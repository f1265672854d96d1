package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"synscreen/pkg/control"
	"synscreen/pkg/dataplane"
)

func (a *app) serverProfileCommand() *cobra.Command {
	var server prefixFlag
	command := newView(a, view[control.ServerReport]{
		use:   "server-profile",
		short: "Show what is known of the servers, and where from",
		long: "Shows each address and port behind a screened zone that has answered a connection within the last\n" +
			"4 hours, or has just refused one: what challenges in its place agree to, and whether that was\n" +
			"learned from its own SYN-ACKs, configured, or is assumed because it has not shown it.\n" +
			"Servers that a server-profile names and that were not heard of are not shown.",
		args: takes(0, 0),
		ask: func(ctx context.Context, _ []string) (control.ServerReport, error) {
			return a.client().Servers(ctx, control.ServerQuery{Server: server.Prefix})
		},
		print: printServers,
	})
	command.Flags().Var(&server, "server", "only servers in PREFIX")
	return command
}

func (a *app) clearServerProfileCommand() *cobra.Command {
	return newView(a, view[control.ClearServersResult]{
		use:   "server-profile",
		short: "Forget what was learned of all servers",
		long: "Forgets what was learned of all servers, and tells of how many. Challenges agree to what is configured or\n" +
			"assumed until the servers have answered again. Connections are not touched.",
		args: takes(0, 0),
		ask: func(ctx context.Context, _ []string) (control.ClearServersResult, error) {
			return a.client().ClearServers(ctx)
		},
		print: func(w io.Writer, result control.ClearServersResult) {
			fmt.Fprintf(w, "what was learned of %s is forgotten\n", counted(result.Cleared, "server", "servers"))
		},
	})
}

func printServers(w io.Writer, report control.ServerReport) {
	fmt.Fprintln(w, "Zone\tServer\tMSS\tWindow scale\tSACK\tTimestamps\tECN\tWindow\tLast seen\tForgotten in\tState")
	for _, row := range report.Servers {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", row.Zone, row.Address,
			said(row.MSS.Value, row.MSS.From), windowScale(row), yesNo(row.SACK), yesNo(row.Timestamps), yesNo(row.ECN),
			window(row), lastSeen(row), forgottenIn(row), choose(row.Closed, "closed", "answers"))
	}
	if len(report.Servers) > 0 {
		fmt.Fprintln(w, "l: learned from its SYN-ACKs, c: configured, a: assumed")
	}
}

// said marks a value with the first letter of where it comes from.
func said(value any, from dataplane.Knowledge) string { return fmt.Sprintf("%v %.1s", value, from) }

func yesNo(option dataplane.Said[bool]) string {
	return said(choose(option.Value, "yes", "no"), option.From)
}

func windowScale(row dataplane.Server) string {
	if row.WindowScale.Value == nil {
		return said("none", row.WindowScale.From)
	}
	return said(*row.WindowScale.Value, row.WindowScale.From)
}

func window(row dataplane.Server) string {
	if row.Window.Value == 0 {
		return "-"
	}
	return said(row.Window.Value, row.Window.From)
}

func lastSeen(row dataplane.Server) string {
	if row.Idle == nil {
		return "-"
	}
	return row.Idle.String() + " ago"
}

func forgottenIn(row dataplane.Server) string {
	if row.ForgottenIn == 0 {
		return "-"
	}
	return row.ForgottenIn.Round(time.Second).String()
}
