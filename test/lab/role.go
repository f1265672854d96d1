package lab

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

const roleVariable = "SYNSCREEN_LAB_ROLE"

// Role is what this binary does when it is started again inside a namespace. Its context ends with
// SIGTERM.
type Role func(ctx context.Context, args []string) error

// RunRole takes over the process if it was started by StartRole, and returns otherwise. It is the
// first call of TestMain or main. The role "content" is always there.
func RunRole(roles map[string]Role) {
	name := os.Getenv(roleVariable)
	if name == "" {
		return
	}
	role := roles[name]
	if name == "content" {
		role = serveContent
	}
	if role == nil {
		fmt.Fprintf(os.Stderr, "lab: no role %q\n", name)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	err := role(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// StartRole starts this binary again, in the namespace and in a role.
func (n *Namespace) StartRole(role string, args ...string) (*Process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("%s: role %s: %w", n.Name, role, err)
	}
	cmd := n.Command(context.Background(), append([]string{self}, args...)...)
	cmd.Env = append(os.Environ(), roleVariable+"="+role)
	return n.start(cmd, "role "+role+" "+strings.Join(args, " "))
}
