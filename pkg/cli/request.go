package cli

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"synscreen/pkg/control"
	"synscreen/pkg/dataplane"
)

func (a *app) requestCommand() *cobra.Command {
	request := &cobra.Command{
		Use:   "request",
		Short: "Have the running daemon do something that is no configuration",
		Args:  cobra.ArbitraryArgs,
		RunE:  group,
	}
	security := &cobra.Command{Use: "security", Short: "Keys", Args: cobra.ArbitraryArgs, RunE: group}
	cookie := &cobra.Command{
		Use:   "syn-cookie",
		Short: "Replace the master key of SYN cookies",
		Args:  cobra.ArbitraryArgs,
		RunE:  group,
	}
	cookie.AddCommand(a.stageKeyCommand(), a.activateKeyCommand(), a.rotateKeyCommand())
	security.AddCommand(cookie)
	request.AddCommand(security)
	return request
}

func (a *app) stageKeyCommand() *cobra.Command {
	return newView(a, view[control.KeyReport]{
		use:   "stage-key FILE",
		short: "Accept cookies of the master key in FILE, before any is minted with it",
		long: "Has the daemon read the master key in FILE, 64 hex digits and a newline that nobody else may\n" +
			"read, and keep it: cookies that a peer mints with it are accepted from now on. Nothing is\n" +
			"minted with it before activate-key. A key that was staged before is forgotten.",
		args: takes(1, 1),
		ask: func(ctx context.Context, args []string) (control.KeyReport, error) {
			// the daemon has another working directory
			file, err := filepath.Abs(args[0])
			if err != nil {
				return control.KeyReport{}, fmt.Errorf("find the key file %s: %w", args[0], err)
			}
			return a.client().ChangeKey(ctx, dataplane.KeyChange{Action: dataplane.StageKey, File: file})
		},
		print: printKeyReport,
	})
}

func (a *app) activateKeyCommand() *cobra.Command {
	return newView(a, view[control.KeyReport]{
		use:   "activate-key",
		short: "Mint cookies with the staged master key",
		long: "Has the daemon mint with the staged master key; cookies of the one before are accepted for\n" +
			"two epochs more. Where peers share the key, stage it on all of them before you activate it on\n" +
			"the first, and activate it on all within one epoch (64 s).",
		args:  takes(0, 0),
		ask:   a.changeKey(dataplane.ActivateKey),
		print: printKeyReport,
	})
}

func (a *app) rotateKeyCommand() *cobra.Command {
	return newView(a, view[control.KeyReport]{
		use:   "rotate-key",
		short: "Make a new random master key and mint cookies with it",
		long: "Has the daemon make a new master key and mint with it; cookies of the one before are accepted\n" +
			"for two epochs more. For a daemon that shares its key with no peer.",
		args:  takes(0, 0),
		ask:   a.changeKey(dataplane.RotateKey),
		print: printKeyReport,
	})
}

func (a *app) changeKey(action dataplane.KeyAction) func(context.Context, []string) (control.KeyReport, error) {
	return func(ctx context.Context, _ []string) (control.KeyReport, error) {
		return a.client().ChangeKey(ctx, dataplane.KeyChange{Action: action})
	}
}

// printKeyReport says what happened, which keys are in use, and what is next.
func printKeyReport(w io.Writer, report control.KeyReport) {
	fmt.Fprintln(w, happened(report))
	printKeys(w, report.Key)
	switch report.Action {
	case dataplane.StageKey:
		fmt.Fprintln(w, "Next: stage it on every peer, then run activate-key on all of them "+
			"within one epoch (64 s)")
	case dataplane.ActivateKey:
		fmt.Fprintln(w, "Next: activate it on every peer within one epoch (64 s)")
	}
	if report.Key.OtherKind == dataplane.OtherKeyRetired {
		fmt.Fprintln(w, "Until the retired key is forgotten, no key can be staged or activated")
	}
}

func happened(report control.KeyReport) string {
	switch report.Action {
	case dataplane.StageKey:
		return "master key " + report.Key.Other + " is staged: its cookies are accepted, " +
			"none is minted with it yet"
	case dataplane.RotateKey:
		return "a new master key, " + report.Key.Active + ", is active: cookies are minted with it"
	}
	return "master key " + report.Key.Active + " is active: cookies are minted with it"
}
