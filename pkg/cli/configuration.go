package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"synscreen/pkg/config"
	"synscreen/pkg/control"
)

func (a *app) configurationCommand() *cobra.Command {
	command := a.configurationView(nil)
	command.Use = "configuration"
	command.Short = "Show the running configuration"
	command.Args = takes(0, 0)
	return command
}

// configurationView prints the kept configuration of a number; without one, what runs.
func (a *app) configurationView(number *int) *cobra.Command {
	var asJSON, asSet, verbatim bool
	command := &cobra.Command{
		RunE: run(func(ctx context.Context, _ []string) error {
			configuration, err := a.client().Configuration(ctx, number)
			switch {
			case err != nil:
				return err
			case asJSON:
				return writeJSON(a.stdout, configuration)
			case verbatim:
				return printText(a.stdout, configuration.Text)
			}
			return a.printConfiguration(configuration, asSet)
		}),
	}
	addJSON(command, &asJSON)
	command.Flags().BoolVar(&asSet, "set", false, "print `set` lines instead of braces")
	command.Flags().BoolVar(&verbatim, "verbatim", false, "print the text as it was committed, comments included")
	command.MarkFlagsMutuallyExclusive("json", "set", "verbatim")
	return command
}

// printConfiguration prints what a configuration says, in order, with a comment that tells where it came
// from. It can be committed.
func (a *app) printConfiguration(configuration control.Configuration, asSet bool) error {
	record := configuration.Record
	tree, _, err := config.ParseTree(record.Name, []byte(configuration.Text))
	if err != nil {
		return listed(err)
	}
	form := config.Braces
	if asSet {
		form = config.Set
	}
	head := fmt.Sprintf("## Last commit: %s by %s of %q\n", clock(record.Time), cameBy(record), record.Name)
	return printText(a.stdout, head+config.Format(tree, form))
}

func printText(w io.Writer, text string) error {
	if _, err := io.WriteString(w, text); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}
