package lab

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
)

const (
	namespaceDir = "/run/netns"
	memoryRoot   = "/dev/shm"
)

// Sweep removes the namespaces, processes and directories of labs whose process is gone. Others may be
// sweeping at the same time: what they have removed is as good.
func Sweep() error {
	var errs []error
	for _, name := range leftovers(namespaceDir) {
		err := deleteNamespace(name)
		if _, gone := os.Stat(filepath.Join(namespaceDir, name)); !errors.Is(gone, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	for _, dir := range []string{os.TempDir(), memoryRoot} {
		for _, name := range leftovers(dir) {
			errs = append(errs, os.RemoveAll(filepath.Join(dir, name)))
		}
	}
	return errors.Join(errs...)
}

// leftovers lists what in dir bears the name of a lab whose process is gone.
func leftovers(dir string) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var names []string
	pattern := regexp.MustCompile(`^ss(\d+)-\d+(-[a-z]+)?$`)
	for _, e := range entries {
		match := pattern.FindStringSubmatch(e.Name())
		if match != nil && gone(match[1]) {
			names = append(names, e.Name())
		}
	}
	return names
}

func gone(pid string) bool {
	n, err := strconv.Atoi(pid)
	return err == nil && errors.Is(syscall.Kill(n, 0), syscall.ESRCH)
}

// deleteNamespace kills what still runs in a namespace, by process id, and deletes it.
func deleteNamespace(name string) error {
	out, err := exec.Command("ip", "netns", "pids", name).Output()
	if err != nil {
		return fmt.Errorf("lab: processes of %s: %w", name, detail(err))
	}
	for _, field := range strings.Fields(string(out)) {
		if pid, err := strconv.Atoi(field); err == nil {
			syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	if _, err := exec.Command("ip", "netns", "del", name).Output(); err != nil {
		return fmt.Errorf("lab: delete %s: %w", name, detail(err))
	}
	return nil
}

// detail adds what a command said on its standard error.
func detail(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) && len(exit.Stderr) > 0 {
		return fmt.Errorf("%w: %s", err, strings.TrimSpace(string(exit.Stderr)))
	}
	return err
}
