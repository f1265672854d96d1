package cli

import (
	"bytes"
	"fmt"

	"github.com/spf13/cobra"

	"synscreen/pkg/config"
)

func (a *app) helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND... | STATEMENT...]",
		Short: "Tell about a command, or about the configuration statements below a path",
		Example: "  synscreen help commit\n" +
			"  synscreen help security screen\n" +
			"  synscreen help set security screen ids-option NAME tcp syn-flood",
		RunE: func(command *cobra.Command, args []string) error { return a.help(command.Root(), args) },
	}
}

// help tells about a command if the words are one, and about statements otherwise. No statement of the top
// level has the name of a command.
func (a *app) help(root *cobra.Command, args []string) error {
	if command, rest, err := root.Find(args); err == nil && len(rest) == 0 {
		return helpFailed(command.Help())
	}
	var text bytes.Buffer
	if err := config.Help(afterSet(args), &text); err != nil {
		return meantCommand(root, args[0], err)
	}
	_, err := text.WriteTo(a.stdout)
	return helpFailed(err)
}

// afterSet drops the verb of a line that was copied from a configuration; alone, it stands for all of them.
func afterSet(args []string) []string {
	if args[0] == "set" {
		return args[1:]
	}
	return args
}

// meantCommand adds to an error the command that was probably meant.
func meantCommand(root *cobra.Command, word string, err error) error {
	root.SuggestionsMinimumDistance = 2
	if near := root.SuggestionsFor(word); len(near) > 0 {
		return fmt.Errorf("%w; or the command %q?", err, near[0])
	}
	return err
}

func helpFailed(err error) error {
	if err != nil {
		return failure{fmt.Errorf("print the help: %w", err)}
	}
	return nil
}
