package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"synscreen/pkg/config"
	"synscreen/pkg/control"
)

func (a *app) compareCommand() *cobra.Command {
	var asJSON bool
	command := &cobra.Command{
		Use:   "compare [FILE]",
		Short: "Show what a file would change, or what has changed",
		Long: "With FILE, shows what `commit FILE` would change in the running configuration. Without, shows what\n" +
			"the last commit has changed, as `compare rollback 1` does. Lines with + are added, with - taken\n" +
			"away, with ! deactivated or activated.",
		Example: "  synscreen compare new.conf\n" +
			"  synscreen compare rollback 2",
		Args: takes(0, 1),
		RunE: run(func(ctx context.Context, args []string) error {
			if len(args) == 0 {
				return a.compareRollback(ctx, 1, asJSON)
			}
			return a.compareFile(ctx, args[0], asJSON)
		}),
	}
	addJSON(command, &asJSON)
	command.AddCommand(a.compareRollbackCommand())
	return command
}

func (a *app) compareRollbackCommand() *cobra.Command {
	var number int
	var asJSON bool
	command := &cobra.Command{
		Use:   "rollback N",
		Short: "Show what has changed since a configuration that ran before",
		Args:  numberArg(&number),
		RunE: run(func(ctx context.Context, _ []string) error {
			return a.compareRollback(ctx, number, asJSON)
		}),
	}
	addJSON(command, &asJSON)
	return command
}

func (a *app) compareFile(ctx context.Context, file string, asJSON bool) error {
	request, err := readRequest(file)
	if err != nil {
		return err
	}
	// errors of the text need no daemon
	if _, _, err := config.ParseTree(request.Name, []byte(request.Text)); err != nil {
		return listed(err)
	}
	return a.compare(ctx, control.CompareRequest{Name: request.Name, Text: request.Text}, asJSON)
}

func (a *app) compareRollback(ctx context.Context, number int, asJSON bool) error {
	return a.compare(ctx, control.CompareRequest{Number: &number}, asJSON)
}

func (a *app) compare(ctx context.Context, request control.CompareRequest, asJSON bool) error {
	comparison, err := patiently(a, waitsForTurn, func() (control.Comparison, error) {
		return a.client().Compare(ctx, request)
	})
	switch {
	case err != nil:
		return err
	case asJSON:
		return writeJSON(a.stdout, comparison)
	case comparison.Diff == "":
		fmt.Fprintln(a.stderr, "the configurations say the same")
		return nil
	}
	return printText(a.stdout, comparison.Diff)
}
