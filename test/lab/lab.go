// Package lab builds small networks out of network namespaces, runs real programs in them, and
// takes everything away again.
//
// Code that must run inside a namespace runs as a process of its own, started by `ip netns exec`:
// a namespace belongs to a thread, and Go moves goroutines between threads. What is Go runs as the
// same binary started again in a Role.
//
// Everything is found again by its name, ss<pid>-<n>, so Sweep can remove what a killed run left.
package lab

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
)

// Lab owns namespaces, the processes in them, and a directory for their files.
type Lab struct {
	name string
	dir  string

	mu     sync.Mutex
	closed bool
	spaces []*Namespace
	procs  []*Process
}

// Alone sweeps, gives do a lab, and takes it away, also after an error.
func Alone(do func(*Lab) error) (err error) {
	if err := Sweep(); err != nil {
		return err
	}
	l, err := New()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	return do(l)
}

// New makes an empty lab. It needs root; Close takes everything away.
func New() (*Lab, error) {
	if os.Geteuid() != 0 {
		return nil, errors.New("lab: network namespaces need root")
	}
	for n := 0; ; n++ {
		name := fmt.Sprintf("ss%d-%d", os.Getpid(), n)
		dir := filepath.Join(os.TempDir(), name)
		err := os.Mkdir(dir, 0o755)
		if err == nil {
			return &Lab{name: name, dir: dir}, nil
		}
		if !errors.Is(err, os.ErrExist) {
			return nil, fmt.Errorf("lab: %w", err)
		}
	}
}

// ForTest makes a lab that ends with the test, also by a panic or a signal. It sweeps first. A
// test without root fails; it does not skip.
func ForTest(t testing.TB) *Lab {
	t.Helper()
	if err := Sweep(); err != nil {
		t.Fatal(err)
	}
	l, err := New()
	if err != nil {
		t.Fatal(err)
	}
	stop := l.closeOnSignal()
	t.Cleanup(func() {
		stop()
		if t.Failed() {
			l.logOutputs(t)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// closeOnSignal ends the lab and the process on SIGINT and SIGTERM, until stop is called.
func (l *Lab) closeOnSignal() (stop func()) {
	signals := make(chan os.Signal, 1)
	done := make(chan struct{})
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		select {
		case <-signals:
			l.Close()
			os.Exit(130)
		case <-done:
		}
	}()
	return func() {
		signal.Stop(signals)
		close(done)
	}
}

func (l *Lab) logOutputs(t testing.TB) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range l.procs {
		if out := p.Output(); out != "" {
			t.Logf("%s said:\n%s", p, tail(out, 4000))
		}
	}
}

func tail(s string, n int) string {
	if len(s) > n {
		return "..." + s[len(s)-n:]
	}
	return s
}

// Dir is a directory of the lab's own, gone after Close.
func (l *Lab) Dir() string { return l.dir }

// MemoryDir makes a directory with no disk behind it, gone after Close: what is synced there is synced
// at once.
func (l *Lab) MemoryDir() (string, error) {
	if err := os.Mkdir(l.memoryDir(), 0o700); err != nil {
		return "", fmt.Errorf("lab: %w", err)
	}
	return l.memoryDir(), nil
}

func (l *Lab) memoryDir() string { return filepath.Join(memoryRoot, l.name+"-memory") }

// Close kills the lab's processes, deletes its namespaces and its directories. Calling it again does
// nothing.
func (l *Lab) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil
	}
	l.closed = true
	var errs []error
	for _, p := range l.procs {
		errs = append(errs, p.Kill())
	}
	for _, n := range l.spaces {
		errs = append(errs, deleteNamespace(n.Name))
	}
	errs = append(errs, os.RemoveAll(l.dir), os.RemoveAll(l.memoryDir()))
	return errors.Join(errs...)
}

func (l *Lab) addProcess(p *Process) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return errors.Join(errors.New("lab: closed"), p.Kill())
	}
	l.procs = append(l.procs, p)
	return nil
}
