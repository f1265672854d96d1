package cli

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"synscreen/pkg/config"
	"synscreen/pkg/control"
)

func (a *app) commitCommand() *cobra.Command {
	var asJSON bool
	command := &cobra.Command{
		Use:   "commit [FILE]",
		Short: "Make a configuration the running one, or confirm the one that runs",
		Long: "Sends FILE to the daemon, which checks it, stages it and proves that it can do what FILE asks.\n" +
			"Only then does it take effect; what is refused leaves the running configuration as it was.\n\n" +
			"Without FILE, confirms a `commit confirmed`, so that it is not rolled back. A daemon starts from\n" +
			"its --config file: put there what shall run after a restart.",
		Example: "  synscreen commit check new.conf\n" +
			"  synscreen commit confirmed 5 new.conf\n" +
			"  synscreen commit",
		Args: takes(0, 1),
		RunE: run(func(ctx context.Context, args []string) error {
			if len(args) == 0 {
				return a.confirm(ctx, asJSON)
			}
			return a.commit(ctx, args[0], 0, asJSON)
		}),
	}
	addJSON(command, &asJSON)
	command.AddCommand(a.commitCheckCommand(), a.commitConfirmedCommand())
	return command
}

func addJSON(command *cobra.Command, asJSON *bool) {
	command.Flags().BoolVar(asJSON, "json", false, "print JSON")
}

// commit has a file run; minutes is the time for a confirmation, 0 for good.
func (a *app) commit(ctx context.Context, file string, minutes uint16, asJSON bool) error {
	request, err := readRequest(file)
	if err != nil {
		return err
	}
	request.ConfirmMinutes = minutes
	result, err := patiently(a, waitsForStaging, func() (control.CommitResult, error) {
		return a.client().Commit(ctx, request)
	})
	if err != nil {
		return err
	}
	if minutes > 0 && result.Committed && !asJSON {
		fmt.Fprintf(a.stdout, "commit confirmed will be automatically rolled back in %s unless confirmed by "+
			"`synscreen commit`\n", count(int(minutes), "minute"))
	}
	return a.printCommit(result, asJSON)
}

// readRequest reads what is sent to the daemon. What JSON would not carry as it is, or only at great length,
// is refused here, with the places that it has in the file.
func readRequest(file string) (control.CommitRequest, error) {
	text, err := config.ReadFile(file)
	if err == nil && (len(text) > config.TextMax || !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0) {
		_, _, err = config.ParseTree(file, text)
	}
	if err != nil {
		return control.CommitRequest{}, listed(err)
	}
	return control.CommitRequest{Name: file, Text: string(text)}, nil
}

// printCommit says what became of a commit; a refused one is an error.
func (a *app) printCommit(result control.CommitResult, asJSON bool) error {
	if asJSON {
		return a.printVerdict(result, result.Committed)
	}
	for _, warning := range result.Warnings {
		fmt.Fprintln(a.stderr, warning)
	}
	if result.Committed {
		fmt.Fprintf(a.stdout, "commit complete: generation %d, mode %s\n", result.Generation, result.Mode)
		return nil
	}
	lines := append(result.Errors, unchanged("nothing was committed", result.Generation))
	return listing{strings.Join(lines, "\n")}
}

// printVerdict prints JSON that is a yes or a no.
func (a *app) printVerdict(value any, yes bool) error {
	if err := writeJSON(a.stdout, value); err != nil || yes {
		return err
	}
	return errSaid
}

// unchanged says what runs after something that had no effect.
func unchanged(what string, generation uint64) string {
	if generation == 0 {
		return what + "; no configuration is running"
	}
	return fmt.Sprintf("%s; the running configuration (generation %d) is unchanged", what, generation)
}

// confirm confirms the commit that waits for it.
func (a *app) confirm(ctx context.Context, asJSON bool) error {
	result, err := patiently(a, waitsForTurn, func() (control.ConfirmResult, error) {
		return a.client().Confirm(ctx)
	})
	if err != nil {
		return err
	}
	if asJSON {
		return writeJSON(a.stdout, result)
	}
	for _, warning := range result.Warnings {
		fmt.Fprintln(a.stderr, warning)
	}
	fmt.Fprintf(a.stdout, "commit complete: %s, generation %d, is confirmed\n", result.Name, result.Generation)
	return nil
}
