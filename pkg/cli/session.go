package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"synscreen/pkg/control"
	"synscreen/pkg/dataplane"
)

const sessionFilterHelp = "Every filter may be written as on Junos, as words: source-prefix PREFIX, destination-prefix PREFIX,\n" +
	"source-port PORT, destination-port PORT; and state STATE, wire WIRE. The source is who connected."

func (a *app) sessionCommand() *cobra.Command {
	filter := newSessionFilter()
	var limit int
	var summary bool
	command := newView(a, view[control.FlowReport]{
		use:   "session [summary] [FILTER...]",
		short: "Show the connections in the flow table",
		long: "Shows the connections in the flow table, or those that match every filter.\n" +
			"With summary they are counted by state.\n\n" + sessionFilterHelp,
		args: func(command *cobra.Command, args []string) error {
			if err := filter.words(command.Flags(), args, "summary"); err != nil {
				return err
			}
			if limit < 0 || limit > control.FlowsLimitMax {
				return fmt.Errorf("--limit %d: from 0 to %d is possible", limit, control.FlowsLimitMax)
			}
			return nil
		},
		ask: func(ctx context.Context, _ []string) (control.FlowReport, error) {
			query := control.FlowQuery{FlowFilter: filter.filter(), Limit: limit, Summary: summary}
			if summary {
				query.Limit = 0
			}
			return a.client().Flows(ctx, query)
		},
		print: func(w io.Writer, report control.FlowReport) {
			if summary {
				printFlowSummary(w, report)
			} else {
				printFlows(w, report)
			}
		},
	})
	flags := command.Flags()
	flags.IntVar(&limit, "limit", control.FlowsLimitDefault, "print at most this many connections")
	flags.BoolVar(&summary, "summary", false, "count the connections instead of printing them")
	filter.register(flags)
	return command
}

func (a *app) clearSessionCommand() *cobra.Command {
	filter := newSessionFilter()
	var all bool
	command := newView(a, view[control.ClearFlowsResult]{
		use:   "session (all | FILTER...)",
		short: "Forget connections: all of them, or those that match every filter",
		long: "Takes connections out of the flow table and tells how many there were. A spliced connection is cut\n" +
			"off by that. Of any other, what its server sends makes it known again, and what its client sends\n" +
			"before that is dropped, unless no-syn-check is set.\n\n" + sessionFilterHelp,
		args: func(command *cobra.Command, args []string) error {
			if err := filter.words(command.Flags(), args, "all"); err != nil {
				return err
			}
			switch empty := filter.filter().IsEmpty(); {
			case empty && !all:
				return errors.New("clear which connections? Name a filter, or `all`")
			case all && !empty:
				return errors.New("`all` and a filter contradict each other")
			}
			return nil
		},
		ask: func(ctx context.Context, _ []string) (control.ClearFlowsResult, error) {
			return a.client().ClearFlows(ctx, control.ClearFlowsRequest{FlowFilter: filter.filter(), All: all})
		},
		print: func(w io.Writer, result control.ClearFlowsResult) {
			fmt.Fprintf(w, "%s cleared\n", counted(result.Cleared, "connection is", "connections are"))
		},
	})
	flags := command.Flags()
	flags.BoolVar(&all, "all", false, "all connections")
	filter.register(flags)
	return command
}

// counted gives a number with the words for one, or for any other number.
func counted(n int, one, many string) string {
	return fmt.Sprintf("%d %s", n, choose(n == 1, one, many))
}

func printFlowSummary(w io.Writer, report control.FlowReport) {
	fmt.Fprintln(w, "State\tConnections")
	for _, row := range report.States {
		fmt.Fprintf(w, "%s\t%d\n", row.State, row.Flows)
	}
	fmt.Fprintf(w, "total\t%d\n", report.Matched)
}

func printFlows(w io.Writer, report control.FlowReport) {
	fmt.Fprintln(w, "Client\tServer\tWire\tVLAN\tState\tClosing\tAge\tIdle\tTimeout")
	for _, row := range report.Flows {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", row.Client, row.Server, row.Wire, vlan(row),
			row.State, closing(row), row.Age, row.Idle, row.Timeout)
	}
	if report.Truncated {
		fmt.Fprintf(w, "... and more: only %d are shown, see --limit and --summary\n", len(report.Flows))
	}
}

func vlan(row dataplane.FlowRow) string {
	switch {
	case row.OuterVLAN == 0 && row.InnerVLAN == 0:
		return "-"
	case row.InnerVLAN == 0:
		return fmt.Sprint(row.OuterVLAN)
	}
	return fmt.Sprintf("%d.%d", row.OuterVLAN, row.InnerVLAN)
}

func closing(row dataplane.FlowRow) string {
	var parts []string
	if row.FinClient {
		parts = append(parts, "client")
	}
	if row.FinServer {
		parts = append(parts, "server")
	}
	if row.Reset {
		parts = append(parts, "reset")
	}
	return orDash(strings.Join(parts, "+"))
}
