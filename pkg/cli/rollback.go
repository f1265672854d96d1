package cli

import (
	"context"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"synscreen/pkg/control"
	"synscreen/pkg/history"
)

func (a *app) rollbackCommand() *cobra.Command {
	var number int
	var asJSON bool
	command := &cobra.Command{
		Use:   "rollback N",
		Short: "Make a configuration that ran before the running one",
		Long: "Commits the configuration that `show system commit` lists as N; 0 is the one that was committed\n" +
			"last. It is staged and proved as by `commit`, and what is refused leaves everything as it was.",
		Args: numberArg(&number),
		RunE: run(func(ctx context.Context, _ []string) error {
			result, err := patiently(a, waitsForStaging, func() (control.CommitResult, error) {
				return a.client().Rollback(ctx, control.RollbackRequest{Number: number})
			})
			if err != nil {
				return err
			}
			return a.printCommit(result, asJSON)
		}),
	}
	addJSON(command, &asJSON)
	return command
}

func (a *app) showRollbackCommand() *cobra.Command {
	var number int
	command := a.configurationView(&number)
	command.Use = "rollback [N]"
	command.Short = "Show a configuration that ran before; without N the one that was committed last"
	numbered := numberArg(&number)
	command.Args = func(command *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		return numbered(command, args)
	}
	return command
}

// numberArg takes the number of a kept configuration.
func numberArg(number *int) cobra.PositionalArgs {
	return func(command *cobra.Command, args []string) error {
		if err := takes(1, 1)(command, args); err != nil {
			return err
		}
		value, err := strconv.ParseUint(args[0], 10, 16)
		if err != nil || value >= history.Max {
			return fmt.Errorf("%q is not a number from 0 to %d", args[0], history.Max-1)
		}
		*number = int(value)
		return nil
	}
}
