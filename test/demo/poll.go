package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"synscreen/test/lab"
)

const (
	pollInterval = "100000" // nanoseconds between two polls of a busy port
	pollsIdle    = "100"    // that find nothing, before the port waits for an interrupt again
)

// pollFlooded makes the wire's port towards the clients behave like a network card's. A veth end has
// its sender do the receiver's work, one frame at a time: a generator would be slowed down by what
// it is to overwhelm. A thread of its own polls this one instead, at an interval as a card's
// interrupt moderation has it, and comes before everybody else, as interrupts do. All acts have it.
func pollFlooded(ctx context.Context, n *lab.Namespace) error {
	// GRO is what gives a veth end something to be polled by
	if err := n.Ethtool(ctx, lab.OuterDev, "gro", "on"); err != nil {
		return err
	}
	before := pollThreads()
	if err := n.ThreadNAPI(ctx, lab.OuterDev); err != nil {
		return err
	}
	for pid := range pollThreads() {
		if !before[pid] {
			// not everywhere permitted, and it goes well without on a machine that is idle
			_ = exec.CommandContext(ctx, "chrt", "--fifo", "--pid", "1", strconv.Itoa(pid)).Run()
		}
	}
	_, err := n.Run(ctx, "sh", "-c", fmt.Sprintf("cd /sys/class/net/%s && "+
		"echo %s >gro_flush_timeout && echo %s >napi_defer_hard_irqs", lab.OuterDev,
		pollInterval, pollsIdle))
	return err
}

// pollThreads are the kernel's polling threads of all ports of that name.
func pollThreads() map[int]bool {
	threads := map[int]bool{}
	paths, _ := filepath.Glob("/proc/[0-9]*/comm") // the pattern is right
	for _, path := range paths {
		name, err := os.ReadFile(path)
		if err != nil || !strings.HasPrefix(string(name), "napi/"+lab.OuterDev) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
			threads[pid] = true
		}
	}
	return threads
}
