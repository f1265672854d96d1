package lab

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

const (
	portPollEvery = "100000" // nanoseconds between two polls of a busy port
	portPollsIdle = "100"    // that find nothing, before the port waits for an interrupt again
)

// Poller are the kernel's threads that poll a port.
type Poller struct{ threads []int }

// PollOuter makes the wire's port towards the clients behave like a network card's. A veth end has
// its sender do the receiver's work, one frame at a time: a generator would be slowed down by what
// it is to overwhelm. A thread of its own polls this one instead, at an interval as a card's
// interrupt moderation has it, and comes before everybody else, as interrupts do.
func (w *WireLab) PollOuter(ctx context.Context) (*Poller, error) {
	n := w.Wire
	// GRO is what gives a veth end something to be polled by
	if err := n.Ethtool(ctx, OuterDev, "gro", "on"); err != nil {
		return nil, err
	}
	before := PollThreads(OuterDev)
	if err := n.ThreadNAPI(ctx, OuterDev); err != nil {
		return nil, err
	}
	p := &Poller{}
	for pid := range PollThreads(OuterDev) {
		if before[pid] {
			continue
		}
		p.threads = append(p.threads, pid)
		// not everywhere permitted, and it goes well without on a machine that is idle
		_ = exec.CommandContext(ctx, "chrt", "--fifo", "--pid", "1", strconv.Itoa(pid)).Run()
	}
	_, err := n.Run(ctx, "sh", "-c", fmt.Sprintf("cd /sys/class/net/%s && "+
		"echo %s >gro_flush_timeout && echo %s >napi_defer_hard_irqs", OuterDev,
		portPollEvery, portPollsIdle))
	return p, err
}

// Pin has them run on the processors that are named as taskset -c wants them.
func (p *Poller) Pin(ctx context.Context, processors string) error {
	for _, pid := range p.threads {
		pin := exec.CommandContext(ctx, "taskset", "--cpu-list", "--pid", processors, strconv.Itoa(pid))
		if out, err := pin.CombinedOutput(); err != nil {
			return fmt.Errorf("lab: the polling thread of %s: %w: %s", OuterDev, err, out)
		}
	}
	return nil
}

// PollThreads are the kernel's polling threads of all ports of that name.
func PollThreads(dev string) map[int]bool {
	threads := map[int]bool{}
	paths, _ := filepath.Glob("/proc/[0-9]*/comm") // the pattern is right
	for _, path := range paths {
		name, err := os.ReadFile(path)
		if err != nil || !strings.HasPrefix(string(name), "napi/"+dev) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
			threads[pid] = true
		}
	}
	return threads
}
