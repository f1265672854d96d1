package lab

import (
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// Namespace is one network namespace: one machine of the lab.
type Namespace struct {
	Name string
	lab  *Lab
}

// Namespace makes a namespace for a role, which is lower-case letters; its loopback is up.
func (l *Lab) Namespace(ctx context.Context, role string) (*Namespace, error) {
	n := &Namespace{Name: l.name + "-" + role, lab: l}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, fmt.Errorf("lab: namespace %s: the lab is closed", role)
	}
	if _, err := exec.CommandContext(ctx, "ip", "netns", "add", n.Name).Output(); err != nil {
		return nil, fmt.Errorf("lab: namespace %s: %w", role, detail(err))
	}
	l.spaces = append(l.spaces, n)
	return n, n.IP(ctx, "link set lo up")
}

// Command prepares a command in the namespace. The process is the command itself: `ip netns exec`
// replaces itself with it, so its process id is the command's.
func (n *Namespace) Command(ctx context.Context, args ...string) *exec.Cmd {
	return exec.CommandContext(ctx, "ip", append([]string{"netns", "exec", n.Name}, args...)...)
}

// Run runs a command to its end and returns its standard output; the error holds the other one.
func (n *Namespace) Run(ctx context.Context, args ...string) (string, error) {
	out, err := n.Command(ctx, args...).Output()
	if err != nil {
		return string(out), fmt.Errorf("%s: %s: %w", n.Name, strings.Join(args, " "), detail(err))
	}
	return string(out), nil
}

// IP runs lines of iproute2's `ip` in the namespace, in one process.
func (n *Namespace) IP(ctx context.Context, lines ...string) error {
	cmd := exec.CommandContext(ctx, "ip", "-n", n.Name, "-batch", "-")
	cmd.Stdin = strings.NewReader(strings.Join(lines, "\n") + "\n")
	if _, err := cmd.Output(); err != nil {
		return fmt.Errorf("%s: ip %q: %w", n.Name, lines, detail(err))
	}
	return nil
}

// Sysctl sets key=value pairs. A key that begins with "-" may be unknown to the kernel.
func (n *Namespace) Sysctl(ctx context.Context, pairs ...string) error {
	for _, optional := range []bool{false, true} {
		args := []string{"sysctl", "-qw"}
		if optional {
			args[1] = "-eqw"
		}
		for _, pair := range pairs {
			if key, found := strings.CutPrefix(pair, "-"); found == optional {
				args = append(args, key)
			}
		}
		if len(args) == 2 {
			continue
		}
		if _, err := n.Run(ctx, args...); err != nil {
			return err
		}
	}
	return nil
}

// Ethtool sets features of a device: `ethtool -K DEV NAME VALUE ...`.
func (n *Namespace) Ethtool(ctx context.Context, dev string, features ...string) error {
	_, err := n.Run(ctx, append([]string{"ethtool", "-K", dev}, features...)...)
	return err
}

// Counter reads an interface counter as the kernel names it: rx_packets, tx_bytes, rx_dropped.
func (n *Namespace) Counter(ctx context.Context, dev, counter string) (uint64, error) {
	out, err := n.Run(ctx, "cat", "/sys/class/net/"+dev+"/statistics/"+counter)
	if err != nil {
		return 0, err
	}
	return strconv.ParseUint(strings.TrimSpace(out), 10, 64)
}

// ThreadNAPI gives a device with NAPI a polling thread of its own, so that a sender no longer pays
// for the receiver's work. Only before there is any traffic: a veth toggled under load may stop.
func (n *Namespace) ThreadNAPI(ctx context.Context, dev string) error {
	_, err := n.Run(ctx, "sh", "-c", "echo 1 >/sys/class/net/"+dev+"/threaded")
	return err
}

// WaitListen waits until something listens on a TCP port.
func (n *Namespace) WaitListen(ctx context.Context, port int) error {
	what := fmt.Sprintf("%s: a listener on port %d", n.Name, port)
	return WaitFor(ctx, what, startLimit, func() (bool, error) {
		out, err := n.Run(ctx, "ss", "-Hltn", fmt.Sprintf("sport = :%d", port))
		return out != "", err
	})
}
