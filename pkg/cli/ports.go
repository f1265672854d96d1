package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"synscreen/pkg/dataplane"
)

func (a *app) portsCommand() *cobra.Command {
	return newView(a, view[[]dataplane.PortStatus]{
		use:   "ports",
		short: "Show the interfaces and what was obtained from their drivers",
		args:  takes(0, 0),
		ask: func(ctx context.Context, _ []string) ([]dataplane.PortStatus, error) {
			status, err := a.client().Status(ctx)
			return status.Ports, err
		},
		print: printPorts,
		empty: isEmpty[dataplane.PortStatus],
	})
}

func printPorts(w io.Writer, ports []dataplane.PortStatus) {
	fmt.Fprintln(w, "Port\tPeer\tWire\tZone\tAdmission\tState\tLink\tMTU\tQueues\tXDP\tMemory\tProgram\tRx frames\tTx frames\tLost")
	for _, p := range ports {
		peer, wire, admission := p.Peer, p.Wire, "-"
		if p.Host {
			peer, wire, admission = "-", "host", p.Admission.String()
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d\t%d\t%s\t%s\t%s\t%d\t%d\t%d\n",
			p.Interface, peer, wire, orDash(p.Zone), admission, p.State, link(p), p.MTU, p.Queues,
			choose(p.Native, "native", "generic"), choose(p.ZeroCopy, "zero-copy", "copy"),
			choose(p.Dispatcher, "dispatched", "alone"), p.RxFrames, p.TxFrames,
			p.KernelRxDropped+p.KernelSynDropped)
	}
}

func link(p dataplane.PortStatus) string {
	switch {
	case p.HeldDown:
		return "held down"
	case p.Carrier:
		return "up"
	}
	return "down"
}

func choose(condition bool, yes, no string) string {
	if condition {
		return yes
	}
	return no
}

func orDash(text string) string { return choose(text != "", text, "-") }
