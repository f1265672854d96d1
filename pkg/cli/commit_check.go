package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"synscreen/pkg/config"
	"synscreen/pkg/control"
	"synscreen/pkg/dataplane/userspace"
)

func (a *app) commitCheckCommand() *cobra.Command {
	var asJSON bool
	command := &cobra.Command{
		Use:   "check FILE",
		Short: "Tell what `commit FILE` would do",
		Long: "Does all that `commit FILE` does except let it take effect: the daemon stages FILE, which attaches\n" +
			"interfaces that are new to it for a moment, proves it and drops it. It confirms nothing.\n" +
			"Where no daemon runs, only the text is checked, as `synscreen check` does.",
		Args: takes(1, 1),
		RunE: run(func(ctx context.Context, args []string) error { return a.commitCheck(ctx, args[0], asJSON) }),
	}
	addJSON(command, &asJSON)
	return command
}

func (a *app) commitCheck(ctx context.Context, file string, asJSON bool) error {
	request, err := readRequest(file)
	if err != nil {
		return err
	}
	result, err := patiently(a, waitsForStaging, func() (control.CheckResult, error) {
		return a.client().Check(ctx, request)
	})
	var none *control.NoDaemonError
	if errors.As(err, &none) {
		result, err = checkText(request, none.Socket), nil
	}
	if err != nil {
		return err
	}
	if asJSON {
		return a.printVerdict(result, result.Passed)
	}
	return a.printCheck(result)
}

// checkText is what can be said without a daemon.
func checkText(request control.CommitRequest, socket string) control.CheckResult {
	parsed, warnings, err := config.Parse(request.Name, []byte(request.Text))
	if err == nil {
		err = userspace.Check(parsed)
	}
	result := control.CheckResult{
		Passed: err == nil, Attach: []string{}, Release: []string{}, Errors: []string{}, Warnings: []string{},
	}
	for _, warning := range warnings {
		result.Warnings = append(result.Warnings, warning.String())
	}
	result.Warnings = append(result.Warnings, fmt.Sprintf("warning: no daemon answers at %s: "+
		"only the text was checked, not whether this machine can run it", socket))
	if err != nil {
		result.Errors = strings.Split(err.Error(), "\n")
	}
	return result
}

// printCheck says what a commit would do; one that would be refused is an error.
func (a *app) printCheck(result control.CheckResult) error {
	for _, warning := range result.Warnings {
		fmt.Fprintln(a.stderr, warning)
	}
	switch {
	case !result.Passed:
		lines := append(result.Errors, unchanged("configuration check fails", result.Generation))
		return listing{strings.Join(lines, "\n")}
	case !result.Staged:
		fmt.Fprintln(a.stdout, "configuration check succeeds")
	default:
		fmt.Fprintf(a.stdout, "configuration check succeeds: a commit would run it as generation %d, mode %s%s%s\n",
			result.Generation+1, result.Mode, named("; attach ", result.Attach), named("; release ", result.Release))
	}
	return nil
}

// named gives names behind what is done with them, and nothing where there is none.
func named(what string, names []string) string {
	if len(names) == 0 {
		return ""
	}
	return what + strings.Join(names, ", ")
}
