// Package cli is the command line: the daemon's start and the commands that speak to it.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"synscreen/pkg/control"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // refused, or it did not work
	exitUsage  = 2
)

// Main runs one command and gives its exit code.
func Main(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	app := &app{stdout: stdout, stderr: stderr}
	root := app.root()
	root.SetArgs(args)
	command, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	var failed failure
	if errors.As(err, &failed) {
		app.complain(failed.error)
		return exitFailed
	}
	app.complain(fmt.Errorf("%w; see %s --help", err, command.CommandPath()))
	return exitUsage
}

// app is what the commands share.
type app struct {
	stdout, stderr io.Writer
	socket         string
}

// failure is an error of a command that was understood; any other is an error of usage.
type failure struct{ error }

func (f failure) Unwrap() error { return f.error }

// listing is an error whose text stands for itself: lines that begin with file:line:col.
type listing struct{ text string }

func (l listing) Error() string { return l.text }

// errSaid is a "no" that standard output has said already.
var errSaid = errors.New("the answer is no")

func (a *app) complain(err error) {
	if errors.Is(err, errSaid) {
		return
	}
	var lines listing
	if errors.As(err, &lines) {
		fmt.Fprintln(a.stderr, lines.text)
		return
	}
	fmt.Fprintf(a.stderr, "synscreen: %v\n", err)
}

// action runs a command's work; what goes wrong in it is no error of usage.
type action func(ctx context.Context, args []string) error

func run(work action) func(*cobra.Command, []string) error {
	return func(command *cobra.Command, args []string) error {
		if err := work(command.Context(), args); err != nil {
			return failure{err}
		}
		return nil
	}
}

// group is the action of a command that only has others below it.
func group(command *cobra.Command, args []string) error {
	var names []string
	for _, child := range command.Commands() {
		if child.IsAvailableCommand() {
			names = append(names, child.Name())
		}
	}
	choices := strings.Join(names, ", ")
	if len(args) > 0 {
		return fmt.Errorf("unknown word %q after %q: one of %s is known", args[0], command.CommandPath(), choices)
	}
	return fmt.Errorf("%q needs one more word: %s", command.CommandPath(), choices)
}

func (a *app) client() *control.Client { return control.NewClient(a.socket) }

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "synscreen",
		Short: "A SYN-flood screen for Linux that speaks Junos configuration",
		Long: "synscreen keeps servers behind a wire reachable under a SYN flood.\n" +
			"`synscreen run` is the daemon; the other commands check a configuration or speak to the daemon.",
		Args:              cobra.ArbitraryArgs,
		RunE:              group,
		SilenceErrors:     true,
		SilenceUsage:      true,
		DisableAutoGenTag: true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.PersistentFlags().StringVar(&a.socket, "control-socket", control.DefaultSocket,
		"unix socket on which the daemon is reached")
	root.SetFlagErrorFunc(plainFlagError)
	root.SetHelpCommand(a.helpCommand())
	root.AddCommand(a.runCommand(), a.checkCommand(), a.commitCommand(), a.rollbackCommand(),
		a.compareCommand(), a.requestCommand(), a.showCommand(), a.clearCommand(),
		a.traceCommand(), a.monitorCommand(),
		a.detachCommand(), a.cookieCommand(),
		a.replayCommand(), a.versionCommand(), manCommand(root))
	return root
}
