package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"synscreen/pkg/control"
	"synscreen/pkg/dataplane"
	"synscreen/test/lab"
)

const (
	startLimit = 15 * time.Second // a daemon's start, a commit, a state that must come
	noLearning = "--learning-seconds=0"
)

// daemon is `synscreen run` in the wire's namespace of a lab. Its state directory is the lab's, so
// that a second daemon of one lab finds what the first left.
type daemon struct {
	*lab.Process
	lab    *lab.WireLab
	client *control.Client
	config string
	state  string
	socket string
}

// startDaemon starts a daemon and waits until its configuration runs.
func startDaemon(t testing.TB, w *lab.WireLab, c fmt.Stringer, flags ...string) *daemon {
	t.Helper()
	d := launchDaemon(t, w, c, flags...)
	d.waitRunning(t)
	return d
}

// launchDaemon starts a daemon and waits until it answers.
func launchDaemon(t testing.TB, w *lab.WireLab, c fmt.Stringer, flags ...string) *daemon {
	t.Helper()
	return launchDaemonBy(t, w, nil, c, flags...)
}

// launchDaemonBy starts a daemon by a command that becomes what its last arguments name, like env(1).
func launchDaemonBy(t testing.TB, w *lab.WireLab, by []string, c fmt.Stringer, flags ...string) *daemon {
	t.Helper()
	binary, err := lab.Built("bin/synscreen")
	if err != nil {
		t.Fatal(err)
	}
	d := newDaemon(t, w, c)
	args := append(slices.Clone(by), binary, "run", "--config", d.config, "--state-dir", d.state,
		"--control-socket", d.socket)
	if d.Process, err = w.Wire.Start(append(args, flags...)...); err != nil {
		t.Fatal(err)
	}
	d.waitAnswer(t)
	return d
}

func newDaemon(t testing.TB, w *lab.WireLab, c fmt.Stringer) *daemon {
	t.Helper()
	d := &daemon{
		lab:    w,
		config: filepath.Join(w.Dir(), "synscreen.conf"),
		state:  filepath.Join(w.Dir(), "state"),
		socket: filepath.Join(w.Dir(), "control"),
	}
	d.client = control.NewClient(d.socket)
	t.Cleanup(func() {
		if t.Failed() {
			d.logCounters(t)
		}
	})
	if err := os.WriteFile(d.config, []byte(c.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return d
}

// logCounters writes down where frames went, after a failure.
func (d *daemon) logCounters(t testing.TB) {
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	for _, what := range []string{"counters", "ports"} {
		out, err := d.synscreen(ctx, "show", what)
		t.Logf("%s at the end (%v):\n%s", what, err, out)
	}
}

func (d *daemon) waitAnswer(t testing.TB) {
	t.Helper()
	d.wait(t, "the daemon's answer", func() (bool, error) {
		select {
		case <-d.Done():
			return false, fmt.Errorf("the daemon ended: %s", d.Output())
		default:
		}
		_, err := d.client.Status(t.Context())
		return err == nil, nil
	})
}

func (d *daemon) waitRunning(t testing.TB) {
	t.Helper()
	d.waitStatus(t, "a running configuration", func(s dataplane.Status) bool { return s.Generation > 0 })
}

// wait asks until a condition holds.
func (d *daemon) wait(t testing.TB, what string, condition func() (bool, error)) {
	t.Helper()
	if err := lab.WaitFor(t.Context(), what, startLimit, condition); err != nil {
		t.Fatal(err)
	}
}

// waitStatus asks until the engine's status is as wanted.
func (d *daemon) waitStatus(t testing.TB, what string, wanted func(dataplane.Status) bool) {
	t.Helper()
	d.wait(t, what, func() (bool, error) {
		s, err := d.client.Status(t.Context())
		return err == nil && wanted(s), err
	})
}

func (d *daemon) status(t testing.TB) dataplane.Status {
	t.Helper()
	s, err := d.client.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// synscreen runs a command of the command line against the daemon.
func (d *daemon) synscreen(ctx context.Context, args ...string) (string, error) {
	binary, err := lab.Built("bin/synscreen")
	if err != nil {
		return "", err
	}
	return d.lab.Wire.Run(ctx, append([]string{binary, "--control-socket", d.socket}, args...)...)
}

// show reads what `show ... --json` prints.
func (d *daemon) show(t testing.TB, into any, args ...string) {
	t.Helper()
	d.read(t, into, append([]string{"show"}, args...)...)
}

// read reads what a command prints with --json.
func (d *daemon) read(t testing.TB, into any, args ...string) {
	t.Helper()
	out, err := d.synscreen(t.Context(), append(slices.Clone(args), "--json")...)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(out), into); err != nil {
		t.Fatalf("%q: %v: %s", args, err, out)
	}
}

// commit commits a text by the command line. The error is what the command said.
func (d *daemon) commit(t testing.TB, text string) error {
	t.Helper()
	file := filepath.Join(d.lab.Dir(), "commit.conf")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := d.synscreen(t.Context(), "commit", file)
	return err
}

// mustCommit commits a configuration that must be taken.
func (d *daemon) mustCommit(t testing.TB, c fmt.Stringer) {
	t.Helper()
	if err := d.commit(t, c.String()); err != nil {
		t.Fatal(err)
	}
}

// frames is one counter of a port; a reason's, whoever it was that had it.
func frames(t testing.TB, s dataplane.Status, port, reason string) uint64 {
	t.Helper()
	for _, p := range s.Ports {
		if p.Interface != port {
			continue
		}
		for _, r := range fates(p) {
			if r.Reason == reason {
				return r.Frames
			}
		}
		for _, c := range p.Shim {
			if c.Counter == reason {
				return c.Frames
			}
		}
	}
	t.Fatalf("port %s has no counter %s", port, reason)
	return 0
}

// zone finds a zone's meters.
func zone(t testing.TB, s dataplane.Status, name string) dataplane.ZoneStatus {
	t.Helper()
	for _, z := range s.Zones {
		if z.Name == name {
			return z
		}
	}
	t.Fatalf("no zone %s in %+v", name, s.Zones)
	return dataplane.ZoneStatus{}
}

// wantNoPasses asserts that the shims have seen a living engine, on every queue, since it began.
func wantNoPasses(t testing.TB, s dataplane.Status) {
	t.Helper()
	for _, p := range s.Ports {
		for _, counter := range []string{"shim_passed_stale", "shim_dropped_stale", "shim_dropped_unbound"} {
			if n := frames(t, s, p.Interface, counter); n > 0 {
				t.Errorf("%s: %s is %d, want 0", p.Interface, counter, n)
			}
		}
	}
}
