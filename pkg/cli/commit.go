package cli

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"synscreen/pkg/control"
)

func (a *app) commitCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "commit FILE",
		Short: "Make a configuration the running one",
		Long: "Sends FILE to the daemon, which checks it, stages it and proves that it can do what FILE asks.\n" +
			"Only then does it take effect; what is refused leaves the running configuration as it was.",
		Args: cobra.ExactArgs(1),
		RunE: run(a.commit),
	}
}

func (a *app) commit(ctx context.Context, args []string) error {
	text, err := os.ReadFile(args[0])
	if err != nil {
		return fmt.Errorf("read the configuration: %w", err)
	}
	result, err := a.client().Commit(ctx, control.CommitRequest{Name: args[0], Text: string(text)})
	if err != nil {
		return err
	}
	for _, warning := range result.Warnings {
		fmt.Fprintln(a.stderr, warning)
	}
	if result.Committed {
		fmt.Fprintf(a.stdout, "commit complete: generation %d, mode %s\n", result.Generation, result.Mode)
		return nil
	}
	lines := append(result.Errors, unchanged(result.Generation))
	return listing{strings.Join(lines, "\n")}
}

// unchanged says what runs after a commit that was refused.
func unchanged(generation uint64) string {
	if generation == 0 {
		return "nothing was committed; no configuration is running"
	}
	return fmt.Sprintf("nothing was committed; the running configuration (generation %d) is unchanged", generation)
}
