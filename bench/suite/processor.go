package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"

	"synscreen/test/lab"
)

// pin puts a program's threads on the system's processor, with a niceness.
func pin(p *lab.Process, nice string) error { return pinTo(p, systemCPU, nice) }

func pinTo(p *lab.Process, cpu, nice string) error {
	pid := strconv.Itoa(p.PID())
	if out, err := exec.Command("taskset", "-acp", cpu, pid).CombinedOutput(); err != nil {
		return fmt.Errorf("%v: taskset: %w: %s", p, err, out)
	}
	tasks, err := os.ReadDir("/proc/" + pid + "/task")
	if err != nil {
		return err
	}
	args := []string{"-n", nice, "-p"}
	for _, t := range tasks {
		args = append(args, t.Name())
	}
	if out, err := exec.Command("renice", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%v: renice: %w: %s", p, err, out)
	}
	return nil
}

func joinClose(err error, c io.Closer) error { return errors.Join(err, c.Close()) }
