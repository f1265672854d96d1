package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"synscreen/pkg/control"
	"synscreen/pkg/history"
)

func (a *app) systemCommand() *cobra.Command {
	system := &cobra.Command{
		Use:   "system",
		Short: "Configurations that ran, and the daemon before",
		Args:  cobra.ArbitraryArgs,
		RunE:  group,
	}
	system.AddCommand(a.commitListCommand(), a.showRollbackCommand(), a.handoverCommand())
	return system
}

func (a *app) commitListCommand() *cobra.Command {
	return newView(a, view[control.CommitList]{
		use:   "commit",
		short: "Show which configurations ran, newest first",
		long: "Shows the configurations that are kept: their numbers, when and how each came, and the generation\n" +
			"that it was. 0 is the one that runs; `synscreen rollback N` runs another one again.",
		args:  takes(0, 0),
		ask:   func(ctx context.Context, _ []string) (control.CommitList, error) { return a.client().Commits(ctx) },
		print: printCommits,
	})
}

// clock is how a time is written, as on Junos.
func clock(t time.Time) string { return t.Format("2006-01-02 15:04:05 MST") }

func printCommits(w io.Writer, list control.CommitList) {
	switch {
	case list.RollbackAt != nil:
		fmt.Fprintf(w, "Rolled back at %s unless confirmed by `synscreen commit`\n", clock(*list.RollbackAt))
	case list.Generation == 0:
		fmt.Fprintln(w, "No configuration is running; these ran before")
	}
	fmt.Fprintln(w, "No\tCommitted\tGeneration\tBy\tConfiguration")
	for number, record := range list.Commits {
		fmt.Fprintf(w, "%d\t%s\t%d\t%s\t%s\n", number, clock(record.Time), record.Generation,
			cameBy(record), record.Name)
	}
}

// cameBy says how a configuration came, and that nobody confirmed it.
func cameBy(record history.Record) string {
	return record.Way.String() + choose(record.Unconfirmed, ", not confirmed", "")
}
