package cli

import (
	"bytes"
	"fmt"

	"github.com/spf13/cobra"

	"synscreen/pkg/config"
)

func (a *app) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain [WORD...]",
		Short: "Explain the configuration statements below a path",
		Example: "  synscreen explain\n" +
			"  synscreen explain security screen ids-option NAME tcp syn-flood",
		RunE: func(_ *cobra.Command, args []string) error {
			var text bytes.Buffer
			// a line that was copied from a configuration
			if len(args) > 0 && args[0] == "set" {
				args = args[1:]
			}
			if err := config.Help(args, &text); err != nil {
				return err
			}
			if _, err := text.WriteTo(a.stdout); err != nil {
				return failure{fmt.Errorf("print the explanation: %w", err)}
			}
			return nil
		},
	}
}
