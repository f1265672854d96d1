package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

func manCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:    "man DIR",
		Short:  "Write the manual pages",
		Hidden: true,
		Args:   takes(1, 1),
		RunE: run(func(_ context.Context, args []string) error {
			header := &doc.GenManHeader{Title: "SYNSCREEN", Section: "8", Source: "synscreen"}
			if err := doc.GenManTree(root, header, args[0]); err != nil {
				return fmt.Errorf("write the manual pages to %s: %w", args[0], err)
			}
			return nil
		}),
	}
}
