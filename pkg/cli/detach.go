package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"synscreen/pkg/daemon"
	"synscreen/pkg/dataplane/userspace"
)

func (a *app) detachCommand() *cobra.Command {
	var stateDir string
	command := &cobra.Command{
		Use:   "detach",
		Short: "Take away what a stopped or dead daemon left on the interfaces",
		Long: "Takes the XDP programs, the bridges of `on-failure open` wires and the changed settings off the\n" +
			"interfaces, as recorded in the state directory, and forgets the connections that were handed over. A\n" +
			"wire carries nothing afterwards.",
		Args: takes(0, 0),
		RunE: run(func(context.Context, []string) error { return a.detach(stateDir) }),
	}
	command.Flags().StringVar(&stateDir, "state-dir", daemon.DefaultStateDir, "state `DIR` of that daemon")
	return command
}

func (a *app) detach(stateDir string) error {
	path, err := filepath.Abs(stateDir)
	if err != nil {
		return fmt.Errorf("find the state directory %s: %w", stateDir, err)
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("detach: there is no state directory %s; name it with --state-dir", path)
	}
	state, err := daemon.HoldStateDir(path)
	if err != nil {
		return err
	}
	defer state.Release()
	freed, err := userspace.Detach(path)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "%s freed\n", count(freed, "interface"))
	return nil
}
