package main

import (
	"context"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"

	"synscreen/test/lab"
)

const programEndMax = 30 * time.Second // it takes its lab away

// program runs a benchmark that is a program of its own.
func program(name string) func(context.Context, int, *progress) error {
	return func(ctx context.Context, rounds int, _ *progress) error {
		binary, err := lab.Built(name)
		if err != nil {
			return err
		}
		cmd := exec.CommandContext(ctx, binary, "--rounds", strconv.Itoa(rounds))
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
		cmd.WaitDelay = programEndMax
		return cmd.Run()
	}
}
