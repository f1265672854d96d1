package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// Process is a program running in the background of a namespace. It is ended by its process id,
// never by its name.
type Process struct {
	text   string
	cmd    *exec.Cmd
	stdout string
	stderr string
	done   chan struct{}
	err    error // valid once done is closed
}

// Start starts a program in the background. The lab ends it if nobody else does.
func (n *Namespace) Start(args ...string) (*Process, error) {
	return n.start(n.Command(context.Background(), args...), strings.Join(args, " "))
}

// start runs a prepared command. Its output goes to files: a pipe would be held open by children.
func (n *Namespace) start(cmd *exec.Cmd, text string) (*Process, error) {
	out, err := os.CreateTemp(n.lab.dir, "stdout-")
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", n.Name, text, err)
	}
	defer out.Close()
	stderr, err := os.Create(filepath.Join(n.lab.dir, "stderr-"+filepath.Base(out.Name())))
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", n.Name, text, err)
	}
	defer stderr.Close()
	cmd.Stdout, cmd.Stderr = out, stderr
	// a terminal's SIGINT is for the lab, which ends its processes itself
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s: %s: %w", n.Name, text, err)
	}
	p := &Process{text: n.Name + ": " + text, cmd: cmd, stdout: out.Name(),
		stderr: stderr.Name(), done: make(chan struct{})}
	go func() { // ends with the process
		p.err = cmd.Wait()
		close(p.done)
	}()
	return p, n.lab.addProcess(p)
}

// String names the namespace and the command line.
func (p *Process) String() string { return p.text }

// PID is the program's own process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed when the program has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Stdout is what the program has written to its standard output so far.
func (p *Process) Stdout() string { return read(p.stdout) }

// Stderr is what the program has written to its standard error so far.
func (p *Process) Stderr() string { return read(p.stderr) }

// Output is both, standard output first.
func (p *Process) Output() string { return p.Stdout() + p.Stderr() }

func read(path string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return string(data)
}

// Signal sends a signal: SIGSTOP, SIGCONT, SIGHUP, ...
func (p *Process) Signal(sig syscall.Signal) error {
	err := p.cmd.Process.Signal(sig)
	if err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("%s: %v: %w", p, sig, err)
	}
	return nil
}

// Wait waits for the program's end; an exit status other than 0 is an error with its stderr.
func (p *Process) Wait(ctx context.Context) error {
	select {
	case <-p.done:
	case <-ctx.Done():
		return fmt.Errorf("%s: still running: %w", p, ctx.Err())
	}
	if p.err != nil {
		return fmt.Errorf("%s: %w: %s", p, p.err, tail(strings.TrimSpace(p.Stderr()), 2000))
	}
	return nil
}

// Stop asks by SIGTERM and returns as Wait does; a program that does not end is killed.
func (p *Process) Stop(ctx context.Context) error {
	if err := p.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, stopLimit)
	defer cancel()
	err := p.Wait(ctx)
	if ctx.Err() != nil {
		err = errors.Join(err, p.Kill())
	}
	return err
}

// Kill ends the program by SIGKILL, also a stopped one, and waits until it is gone.
func (p *Process) Kill() error {
	if err := p.Signal(syscall.SIGKILL); err != nil {
		return err
	}
	<-p.done
	return nil
}
