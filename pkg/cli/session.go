package cli

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"strings"

	"github.com/spf13/cobra"

	"synscreen/pkg/control"
	"synscreen/pkg/dataplane"
)

// prefixFlag is a flag that takes a prefix, or an address, which is a prefix of its own.
type prefixFlag struct{ netip.Prefix }

// Type names the value in the help.
func (p *prefixFlag) Type() string { return "PREFIX" }

// String gives the prefix; empty when there is none.
func (p *prefixFlag) String() string {
	if !p.IsValid() {
		return ""
	}
	return p.Prefix.String()
}

// Set takes a prefix or an address.
func (p *prefixFlag) Set(text string) error {
	if addr, err := netip.ParseAddr(text); err == nil {
		addr = addr.Unmap()
		p.Prefix = netip.PrefixFrom(addr, addr.BitLen())
		return nil
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return fmt.Errorf("not a prefix such as 192.0.2.0/24")
	}
	p.Prefix = prefix.Masked()
	return nil
}

func (a *app) sessionCommand() *cobra.Command {
	var client, server prefixFlag
	var limit int
	var summary bool
	command := newView(a, view[control.FlowReport]{
		use:   "session",
		short: "Show the connections in the flow table",
		args: func(_ *cobra.Command, args []string) error {
			if limit < 0 || limit > control.FlowsLimitMax {
				return fmt.Errorf("--limit %d: from 0 to %d is possible", limit, control.FlowsLimitMax)
			}
			return cobra.NoArgs(nil, args)
		},
		ask: func(ctx context.Context, _ []string) (control.FlowReport, error) {
			query := control.FlowQuery{Limit: limit, Client: client.Prefix, Server: server.Prefix}
			if summary {
				query.Limit, query.Summary = 0, true
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
	flags.Var(&client, "client", "only connections of clients in PREFIX")
	flags.Var(&server, "server", "only connections to servers in PREFIX")
	flags.BoolVar(&summary, "summary", false, "count all connections instead of printing them")
	return command
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
