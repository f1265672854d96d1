// Package running is synscreen as benchmarks run it, from its start until it protects; and the frame of those
// that measure in rounds.
package running

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"synscreen/pkg/control"
	"synscreen/pkg/dataplane"
	"synscreen/test/lab"
)

const protectMax = 15 * time.Second

// Start runs a daemon with a configuration in a namespace of the lab, by a command that may stand before it
// (taskset, nice), without a learning period, and waits until it protects.
func Start(ctx context.Context, l *lab.Lab, n *lab.Namespace, configuration []byte,
	before ...string) (*lab.Process, *control.Client, error) {
	binary, err := lab.Built("bin/synscreen")
	if err != nil {
		return nil, nil, err
	}
	config, socket := filepath.Join(l.Dir(), "synscreen.conf"), filepath.Join(l.Dir(), "control")
	if err := os.WriteFile(config, configuration, 0o600); err != nil {
		return nil, nil, err
	}
	p, err := n.Start(append(before, binary, "run", "--config", config, "--control-socket", socket,
		"--state-dir", filepath.Join(l.Dir(), "state"), "--learning-seconds", "0")...)
	if err != nil {
		return nil, nil, err
	}
	client := control.NewClient(socket)
	err = lab.WaitFor(ctx, "synscreen to protect", protectMax, func() (bool, error) {
		select {
		case <-p.Done():
			return false, errors.New("it has ended")
		default:
		}
		status, err := client.Status(ctx)
		return err == nil && status.Generation > 0 && status.Mode == dataplane.ModeSynCookie, nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("%w\n%s", err, p.Output())
	}
	return p, client, nil
}

// Rounds is the main function of a benchmark that measures so many rounds of so many seconds: it reads the
// flags, gives measure a lab and takes it away, also after an error or a signal.
func Rounds(name string, rounds, seconds int,
	measure func(ctx context.Context, l *lab.Lab, rounds, seconds int) error) {
	flag.IntVar(&rounds, "rounds", rounds, "measure everything so many times, in turn")
	flag.IntVar(&seconds, "seconds", seconds, "for so long each time")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := inLab(ctx, rounds, seconds, measure); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}

func inLab(ctx context.Context, rounds, seconds int,
	measure func(ctx context.Context, l *lab.Lab, rounds, seconds int) error) error {
	if rounds < 1 || seconds < 1 {
		return errors.New("--rounds and --seconds are at least 1")
	}
	return lab.Alone(func(l *lab.Lab) error { return measure(ctx, l, rounds, seconds) })
}
