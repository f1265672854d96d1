package daemon

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"
	"time"

	"synscreen/pkg/config"
	"synscreen/pkg/control"
	"synscreen/pkg/dataplane"
	"synscreen/pkg/dataplane/userspace"
	"synscreen/pkg/history"
)

// Dataplane is what the daemon needs of userspace.Manager.
type Dataplane interface {
	Commit(source string, cfg *config.Config) (userspace.Running, error)
	Check(source string, cfg *config.Config) (userspace.Running, error)
	Upgrade() (userspace.Running, error)
	ChangeKey(change dataplane.KeyChange) (dataplane.KeyStatus, error)
	Running() userspace.Running
	Capabilities() (userspace.Running, dataplane.Capabilities, *userspace.Rejection, error)
	Status() (dataplane.Status, error)
	Events(limit int) ([]dataplane.Event, uint64, error)
	Looker
	Sessions
}

// loop decides about commits and changes of the master key, one at a time, in one goroutine.
type loop struct {
	dataplane Dataplane
	service   service
	history   *history.Store
	file      string // read again on hangup
	log       *slog.Logger
	hangup    <-chan os.Signal
	errands   <-chan errand
	watcher   *watcher
	events    *eventLog
	addresses func(ifname string) []string // nil: none

	running   *source // nil: nothing runs
	probation probation
	pending   *source // refused while nothing runs: tried again
	retry     *time.Timer
	delay     time.Duration
}

// run commits the configuration and serves until the context ends.
func (l *loop) run(ctx context.Context, file source) {
	l.retry = stoppedTimer()
	defer l.retry.Stop()
	l.probation.timer = stoppedTimer()
	defer l.probation.timer.Stop()
	watch := time.NewTicker(watchInterval)
	defer watch.Stop()
	look := time.NewTicker(eventInterval)
	defer look.Stop()

	alive := l.service.keepAlives()
	defer alive.Stop()

	l.start(file)
	l.service.ready(l.dataplane.Running())
	for {
		select {
		case <-ctx.Done():
			l.events.finish(time.Now(), l.dataplane)
			return
		case <-l.hangup:
			l.reload()
		case work := <-l.errands:
			work(l)
		case <-l.retry.C:
			l.again()
		case <-l.probation.timer.C:
			l.probationTick()
		case <-watch.C:
			l.watch()
		case <-alive.C:
			l.keepAlive()
		case <-look.C:
			l.events.poll(time.Now(), l.dataplane)
		}
	}
}

func stoppedTimer() *time.Timer {
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	return timer
}

// start commits the configuration that the daemon was started with.
func (l *loop) start(file source) {
	first := l.startSource(file)
	l.warn(first)
	if _, err := l.apply(first, history.Start); err != nil {
		l.pend(first)
	}
}

// keepAlive tells the service manager that the daemon lives, while the engine's workers do. This loop and
// the control of the engine live when it gets as far as to ask.
func (l *loop) keepAlive() {
	status, err := l.dataplane.Status()
	if err == nil && status.WorkersLate == 0 {
		l.service.tell("WATCHDOG=1")
	}
}

// reloading tells the service manager that the configuration is changing, until the function that it
// gives is called.
func (l *loop) reloading() func() {
	l.service.reloading()
	return func() { l.service.ready(l.dataplane.Running()) }
}

// reload reads the configuration file again.
func (l *loop) reload() {
	defer l.reloading()()
	read, err := readSource(l.file)
	if err != nil {
		l.refused(l.file, err)
		return
	}
	l.warn(read)
	_, err = l.apply(read, history.Reload)
	switch {
	case err == nil:
		l.endProbation()
	case l.dataplane.Running().Generation == 0:
		l.pend(read)
	}
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

// apply commits a configuration and keeps it among those that ran.
func (l *loop) apply(s source, way history.Way) (userspace.Running, error) {
	running, err := l.dataplane.Commit(s.name, s.config)
	if err != nil {
		l.refused(s.name, err)
		return running, err
	}
	l.running = &s
	l.pending = nil
	l.retry.Stop()
	l.accepted(running)
	warnOfNetfilter(l.log, "/proc/sys", s.config)
	running.Warnings = append(slices.Clone(running.Warnings), l.warnOfAddresses(s.config)...)
	if running.Degraded {
		l.schedule(retryMin)
	}
	if err := l.keep(s, way, running.Generation); err != nil {
		running.Warnings = append(running.Warnings, *err)
	}
	return running, nil
}

// keep puts what runs among the kept configurations. That it cannot be written is no reason to stop it.
func (l *loop) keep(s source, way history.Way, generation uint64) *userspace.Refusal {
	err := l.history.Keep(history.Record{
		Name: s.name, Way: way, Time: time.Now(), Generation: generation,
		Unconfirmed: way == history.CommitConfirmed,
	}, s.text)
	if err == nil {
		return nil
	}
	l.log.Error("configuration runs, but no copy was kept", "config", s.name, "error", err)
	return &userspace.Refusal{
		Reason: "the configuration runs, but a restart will not know of it: " + err.Error(),
		Remedy: "mend the state directory, then commit again",
	}
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
		_, err = l.apply(*l.pending, history.Start)
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

// warnOfAddresses logs that ports have addresses, and gives it to whoever committed.
func (l *loop) warnOfAddresses(cfg *config.Config) []userspace.Refusal {
	warnings := addressWarnings(cfg, l.addresses)
	for _, warning := range warnings {
		l.log.Warn("port has an address", about(warning)...)
	}
	return warnings
}

func (l *loop) accepted(running userspace.Running) {
	l.log.Info("configuration runs", "config", running.Source, "generation", running.Generation,
		"mode", running.Mode)
	for _, warning := range running.Warnings {
		l.log.Warn("configuration runs with less than it could have",
			append([]any{"config", running.Source}, about(warning)...)...)
	}
}

// about gives what a refusal says, without what it does not.
func about(r userspace.Refusal) []any {
	var said []any
	for _, part := range []struct{ key, text string }{
		{"at", r.At}, {"path", r.Path}, {"reason", r.Reason}, {"remedy", r.Remedy},
	} {
		if part.text != "" {
			said = append(said, part.key, part.text)
		}
	}
	return said
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
		l.log.Error("configuration refused", append([]any{"config", name, "running_generation", generation},
			about(r)...)...)
	}
}
