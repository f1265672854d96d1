package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"synscreen/pkg/dataplane"
)

func (a *app) wiresCommand() *cobra.Command {
	return newView(a, view[[]dataplane.WireStatus]{
		use:   "wires",
		short: "Show the wires",
		args:  takes(0, 0),
		ask: func(ctx context.Context, _ []string) ([]dataplane.WireStatus, error) {
			status, err := a.client().Status(ctx)
			return status.Wires, err
		},
		print: func(w io.Writer, wires []dataplane.WireStatus) {
			fmt.Fprintln(w, "Wire\tPorts\tOn failure\tBridge")
			for _, wire := range wires {
				fmt.Fprintf(w, "%s\t%s %s\t%s\t%s\n", wire.Name, wire.Ports[0], wire.Ports[1],
					wire.OnFailure, orDash(wire.Bridge))
			}
		},
		empty: isEmpty[dataplane.WireStatus],
	})
}
