package daemon

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"time"

	"synscreen/pkg/config"
	"synscreen/pkg/control"
	"synscreen/pkg/dataplane"
	"synscreen/pkg/dataplane/userspace"
)

// Dataplane is what the daemon needs of userspace.Manager.
type Dataplane interface {
	Commit(source string, cfg *config.Config) (userspace.Running, error)
	Upgrade() (userspace.Running, error)
	ChangeKey(change dataplane.KeyChange) (dataplane.KeyStatus, error)
	Running() userspace.Running
	Capabilities() (userspace.Running, dataplane.Capabilities, *userspace.Rejection, error)
	Status() (dataplane.Status, error)
	Flows(cursor uint64, limit int) ([]dataplane.FlowRow, uint64, error)
}

// loop decides about commits and changes of the master key, one at a time, in one goroutine.
type loop struct {
	dataplane Dataplane
	save      func(text []byte) error
	file      string // read again on hangup
	log       *slog.Logger
	hangup    <-chan os.Signal
	commits   <-chan commitCall
	keys      <-chan keyCall
	watcher   *watcher

	pending *source // refused while nothing runs: tried again
	retry   *time.Timer
	delay   time.Duration
}

// run commits the configuration and serves until the context ends.
func (l *loop) run(ctx context.Context, first source, ready func()) {
	l.retry = time.NewTimer(retryMin)
	l.retry.Stop()
	defer l.retry.Stop()
	watch := time.NewTicker(watchInterval)
	defer watch.Stop()

	l.start(first)
	ready()
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.hangup:
			l.reload()
		case call := <-l.commits:
			call.answer(l.commit(call.request), nil)
		case call := <-l.keys:
			call.answer(l.changeKey(call.request))
		case <-l.retry.C:
			l.again()
		case <-watch.C:
			l.watch()
		}
	}
}

// start commits the configuration that the daemon was started with.
func (l *loop) start(first source) {
	l.warn(first)
	if _, err := l.apply(first); err != nil {
		l.pend(first)
	}
}

// reload reads the configuration file again.
func (l *loop) reload() {
	read, err := readSource(l.file)
	if err != nil {
		l.refused(l.file, err)
		return
	}
	l.warn(read)
	if _, err := l.apply(read); err != nil && l.dataplane.Running().Generation == 0 {
		l.pend(read)
	}
}

// commit takes a configuration from the command line.
func (l *loop) commit(request control.CommitRequest) control.CommitResult {
	sent, err := parse(request.Name, []byte(request.Text))
	if err != nil {
		l.refused(request.Name, err)
		return newResult(l.dataplane.Running(), sent.warnings, err)
	}
	running, err := l.apply(sent)
	return newResult(running, sent.warnings, err)
}

// changeKey takes a step on the way of a master key. What comes of it the watcher logs: at once, so that
// the next step hides none of it.
func (l *loop) changeKey(change dataplane.KeyChange) (control.KeyReport, error) {
	keys, err := l.dataplane.ChangeKey(change)
	if err != nil {
		l.log.Error("change of the master key failed", "error", err)
		return control.KeyReport{}, err
	}
	l.watch()
	return control.KeyReport{Action: change.Action, Key: keys}, nil
}

// apply commits a configuration and keeps a copy of what then runs.
func (l *loop) apply(s source) (userspace.Running, error) {
	running, err := l.dataplane.Commit(s.name, s.config)
	if err != nil {
		l.refused(s.name, err)
		return running, err
	}
	l.pending = nil
	l.retry.Stop()
	l.accepted(running)
	warnOfNetfilter(l.log, "/proc/sys", s.config)
	if running.Degraded {
		l.schedule(retryMin)
	}
	if err := l.save(s.text); err != nil {
		l.log.Error("configuration runs, but no copy was kept", "config", s.name, "error", err)
	}
	return running, nil
}

// pend makes a configuration the one that is tried again.
func (l *loop) pend(s source) {
	l.pending = &s
	l.schedule(retryMin)
}

func (l *loop) schedule(delay time.Duration) {
	l.delay = delay
	l.retry.Reset(delay)
	l.log.Info("commit will be tried again", "delay_s", delay.Seconds())
}

// again tries what is pending, or what had to do without syn-cookie.
func (l *loop) again() {
	var err error
	if l.pending != nil {
		_, err = l.apply(*l.pending)
	} else {
		err = l.upgrade()
	}
	if err != nil {
		l.schedule(min(2*l.delay, retryMax))
	}
}

func (l *loop) upgrade() error {
	running, err := l.dataplane.Upgrade()
	switch {
	case errors.Is(err, userspace.ErrDegraded):
	case err != nil:
		l.refused(running.Source, err)
	default:
		l.accepted(running)
	}
	return err
}

func (l *loop) watch() {
	status, err := l.dataplane.Status()
	if err != nil {
		l.log.Error("engine gives no status", "error", err)
		return
	}
	l.watcher.observe(l.log, status)
}

// warn logs what the parser had to say about a configuration that it took.
func (l *loop) warn(s source) {
	for _, warning := range s.warnings {
		l.log.Warn("configuration warning", "config", s.name, "text", warning.String())
	}
}

func (l *loop) accepted(running userspace.Running) {
	l.log.Info("configuration runs", "config", running.Source, "generation", running.Generation,
		"mode", running.Mode)
	for _, warning := range running.Warnings {
		l.log.Warn("configuration runs with less than it could have", "config", running.Source,
			"path", warning.Path, "reason", warning.Reason, "remedy", warning.Remedy)
	}
}

// refused is the alarm about a configuration that does not run.
func (l *loop) refused(name string, err error) {
	generation := l.dataplane.Running().Generation
	var refusal *userspace.RefusedError
	if !errors.As(err, &refusal) {
		l.log.Error("configuration refused", "config", name, "running_generation", generation, "error", err)
		return
	}
	for _, r := range refusal.Refusals {
		l.log.Error("configuration refused", "config", name, "running_generation", generation,
			"at", r.At, "path", r.Path, "reason", r.Reason, "remedy", r.Remedy)
	}
}

// newResult tells the command line what became of its commit.
func newResult(running userspace.Running, warnings config.Warnings, err error) control.CommitResult {
	result := control.CommitResult{
		Committed:  err == nil,
		Generation: running.Generation,
		Mode:       running.Mode,
		Errors:     []string{},
		Warnings:   []string{},
	}
	if err != nil {
		result.Errors = strings.Split(err.Error(), "\n")
	}
	for _, warning := range warnings {
		result.Warnings = append(result.Warnings, warning.String())
	}
	if err == nil {
		for _, warning := range running.Warnings {
			result.Warnings = append(result.Warnings, "warning: "+warning.String())
		}
	}
	return result
}
