package lab

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	RunRole(map[string]Role{"until-signal": untilSignal})
	os.Exit(m.Run())
}

// untilSignal makes a lab, says its namespace's name, and waits for a signal to take it away.
func untilSignal(context.Context, []string) error {
	l, err := New()
	if err != nil {
		return err
	}
	l.closeOnSignal()
	n, err := l.Namespace(context.Background(), "client")
	if err != nil {
		return err
	}
	fmt.Println(n.Name)
	select {}
}

func TestSignalTakesTheLabAway(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), roleVariable+"=until-signal")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	name, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(namespaceDir, strings.TrimSpace(name))
	if !exists(path) {
		t.Fatalf("%s: the lab made no such namespace", path)
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	cmd.Wait() // its exit code is looked at below
	if code := cmd.ProcessState.ExitCode(); code != 130 {
		t.Errorf("exit code %d, want 130", code)
	}
	if exists(path) {
		t.Errorf("%s is still there", path)
	}
}

// deadPID is the id of a process that has ended.
func deadPID(t *testing.T) int {
	t.Helper()
	cmd := exec.Command("true")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	return cmd.Process.Pid
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// waitInside waits until a process runs in the namespace: `ip netns exec` enters it a moment after it was started.
func waitInside(t *testing.T, n *Namespace) {
	t.Helper()
	err := WaitFor(t.Context(), "a process in "+n.Name, startLimit, func() (bool, error) {
		out, err := exec.CommandContext(t.Context(), "ip", "netns", "pids", n.Name).Output()
		return len(out) > 0, err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestSweepRemovesOnlyWhatDeadProcessesLeft(t *testing.T) {
	alive := ForTest(t)
	kept, err := alive.Namespace(t.Context(), "client")
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("ss%d-0", deadPID(t))
	dir := filepath.Join(os.TempDir(), name)
	dead := &Lab{name: name, dir: dir}
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	memory, err := dead.MemoryDir()
	if err != nil {
		t.Fatal(err)
	}
	left, err := dead.Namespace(t.Context(), "client")
	if err != nil {
		t.Fatal(err)
	}
	sleeper, err := left.Start("sleep", "60")
	if err != nil {
		t.Fatal(err)
	}
	waitInside(t, left)
	if err := Sweep(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-sleeper.Done():
	case <-time.After(5 * time.Second):
		t.Error("the leftover process is still running")
	}
	if exists(filepath.Join(namespaceDir, left.Name)) || exists(dir) || exists(memory) {
		t.Error("the leftover namespace or a directory is still there")
	}
	if !exists(filepath.Join(namespaceDir, kept.Name)) {
		t.Error("the namespace of a living process is gone")
	}
}

func TestCloseEndsStoppedProcessesAndDeletesEverything(t *testing.T) {
	l := ForTest(t)
	n, err := l.Namespace(t.Context(), "client")
	if err != nil {
		t.Fatal(err)
	}
	p, err := n.Start("sleep", "60")
	if err != nil {
		t.Fatal(err)
	}
	memory, err := l.MemoryDir()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(p.PID(), 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("process %d: %v, want it gone", p.PID(), err)
	}
	if exists(filepath.Join(namespaceDir, n.Name)) || exists(l.Dir()) || exists(memory) {
		t.Error("the namespace or a directory is still there")
	}
	if _, err := l.Namespace(t.Context(), "late"); err == nil {
		t.Error("a closed lab made a namespace")
	}
}

func TestStopKillsAProcessThatIgnoresSIGTERM(t *testing.T) {
	n, err := ForTest(t).Namespace(t.Context(), "client")
	if err != nil {
		t.Fatal(err)
	}
	p, err := n.Start("sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1; done")
	if err != nil {
		t.Fatal(err)
	}
	err = WaitFor(t.Context(), "the trap", time.Second, func() (bool, error) {
		return p.Stdout() == "ready\n", nil
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := p.Stop(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Stop: %v, want a deadline exceeded", err)
	}
	select {
	case <-p.Done():
	default:
		t.Error("the process is still running")
	}
}

func TestErrorsSayWhatWasRunAndWhatItSaid(t *testing.T) {
	n, err := ForTest(t).Namespace(t.Context(), "client")
	if err != nil {
		t.Fatal(err)
	}
	_, runErr := n.Run(t.Context(), "sh", "-c", "echo broken >&2; exit 3")
	waitErr := WaitFor(t.Context(), "the moon", time.Millisecond, func() (bool, error) {
		return false, nil
	})
	for _, c := range []struct {
		err  error
		want []string
	}{
		{runErr, []string{n.Name, "exit status 3", "broken"}},
		{n.IP(t.Context(), "link set dev nosuch up"), []string{n.Name, "nosuch"}},
		{waitErr, []string{"the moon", "1ms"}},
	} {
		for _, want := range c.want {
			if c.err == nil || !strings.Contains(c.err.Error(), want) {
				t.Errorf("error %v does not say %q", c.err, want)
			}
		}
	}
}
