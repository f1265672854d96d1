package cli

import (
	"context"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"synscreen/pkg/control"
)

func (a *app) commitConfirmedCommand() *cobra.Command {
	var asJSON bool
	minutes := uint16(control.ConfirmMinutesDefault)
	command := &cobra.Command{
		Use:   "confirmed [MINUTES] FILE",
		Short: "Make a configuration the running one until it is confirmed",
		Long: "Commits FILE, and has the daemon run again what it ran before unless `synscreen commit`, or another\n" +
			"commit or rollback, follows within MINUTES, 1 to 65535, 10 where none are given. Another\n" +
			"`commit confirmed` puts the rollback off and does not change where it goes.\n\n" +
			"A daemon that ends in the meantime does not start from what was never confirmed, not even if its\n" +
			"--config file has that text.",
		Args: func(command *cobra.Command, args []string) error {
			if err := takes(1, 2)(command, args); err != nil {
				return err
			}
			given, isNumber := parseMinutes(args[0])
			switch {
			case len(args) == 2 && !isNumber:
				return fmt.Errorf("%q is not a number of minutes from 1 to 65535", args[0])
			case len(args) == 2:
				minutes = given
			case isNumber:
				return fmt.Errorf("the FILE behind %s is missing; a file of that name is ./%[1]s", args[0])
			}
			return nil
		},
		RunE: run(func(ctx context.Context, args []string) error {
			return a.commit(ctx, args[len(args)-1], minutes, asJSON)
		}),
	}
	addJSON(command, &asJSON)
	return command
}

func parseMinutes(text string) (uint16, bool) {
	minutes, err := strconv.ParseUint(text, 10, 16)
	return uint16(minutes), err == nil && minutes > 0
}
