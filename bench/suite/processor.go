package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"

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

// busy is for how many seconds a processor has not been idle since the machine's start.
func busy(cpu string) (float64, error) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) < 9 || fields[0] != "cpu"+cpu {
			continue
		}
		ticks := 0.0
		for i, field := range fields[1:9] {
			n, err := strconv.ParseFloat(field, 64)
			if err != nil {
				return 0, err
			}
			if i != 3 && i != 4 { // idle, waiting for a disk
				ticks += n
			}
		}
		return ticks / 100, nil // USER_HZ
	}
	return 0, errors.New("/proc/stat does not tell of processor " + cpu)
}

func joinClose(err error, c io.Closer) error { return errors.Join(err, c.Close()) }
