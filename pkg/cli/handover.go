package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"synscreen/pkg/dataplane"
)

func (a *app) handoverCommand() *cobra.Command {
	return newView(a, view[dataplane.Handover]{
		use:   "handover",
		short: "Show which connections were taken over from the daemon before",
		long: "Shows what became of the connections of the daemon that ran before this one: one that ends by\n" +
			"SIGTERM hands them over, so that a restart loses none.",
		args: takes(0, 0),
		ask: func(ctx context.Context, _ []string) (dataplane.Handover, error) {
			status, err := a.client().Status(ctx)
			return status.Handover, err
		},
		print: func(w io.Writer, h dataplane.Handover) {
			fmt.Fprintf(w, "Handover\t%s\n", handoverResult(h.Result))
			fmt.Fprintf(w, "Connections taken over\t%d\n", h.Flows)
			fmt.Fprintf(w, "Connections left\t%d\n", h.Left)
			fmt.Fprintf(w, "Servers known\t%d\n", h.Servers)
		},
	})
}

func handoverResult(result dataplane.HandoverResult) string {
	switch result {
	case dataplane.HandoverNone:
		return "none: no daemon ran before, or it did not end by SIGTERM"
	case dataplane.HandoverTaken:
		return "taken over"
	case dataplane.HandoverUnsafe:
		return "refused: others could have written it, or it cannot be opened"
	case dataplane.HandoverDamaged:
		return "refused: damaged"
	case dataplane.HandoverOtherVersion:
		return "refused: written by a version whose format this one does not read"
	case dataplane.HandoverOtherBoot:
		return "refused: the machine was started anew since"
	case dataplane.HandoverOld:
		return "refused: more than five minutes old"
	}
	return result.String()
}
