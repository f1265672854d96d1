package daemon

import (
	"slices"
	"strings"
	"time"

	"synscreen/pkg/config"
	"synscreen/pkg/control"
	"synscreen/pkg/dataplane/userspace"
	"synscreen/pkg/history"
)

// commit takes a configuration from the command line, for good or until it is confirmed.
func (l *loop) commit(request control.CommitRequest) (control.CommitResult, error) {
	defer l.reloading()()
	sent, err := parse(request.Name, []byte(request.Text))
	switch {
	case err != nil:
		l.refused(request.Name, err)
		return newResult(l.dataplane.Running(), sent.warnings, err), nil
	case request.ConfirmMinutes > 0:
		return l.commitConfirmed(sent, time.Duration(request.ConfirmMinutes)*time.Minute)
	}
	running, err := l.apply(sent, history.Commit)
	if err == nil {
		l.endProbation()
	}
	return newResult(running, sent.warnings, err), nil
}

// check tells what a commit would do. Nobody's traffic depends on it, so that a "no" is no alarm.
func (l *loop) check(request control.CommitRequest) control.CheckResult {
	before := l.dataplane.Running()
	sent, err := parse(request.Name, []byte(request.Text))
	would, staged := before, err == nil
	if staged {
		would, err = l.dataplane.Check(sent.name, sent.config)
		would.Warnings = append(slices.Clone(would.Warnings), addressWarnings(sent.config, l.addresses)...)
	}
	said := newResult(would, sent.warnings, err)
	result := control.CheckResult{
		Passed: err == nil, Staged: staged, Generation: before.Generation, Mode: would.Mode,
		Attach: []string{}, Release: []string{}, Errors: said.Errors, Warnings: said.Warnings,
	}
	if err == nil {
		now, then := l.interfaces(), interfaces(sent.config)
		result.Attach, result.Release = without(then, now), without(now, then)
	}
	l.log.Info("configuration checked", "config", request.Name, "passed", result.Passed)
	return result
}

// interfaces are those that the engine has.
func (l *loop) interfaces() []string {
	if l.running == nil {
		return nil
	}
	return interfaces(l.running.config)
}

// interfaces are those that a configuration takes, sorted.
func interfaces(cfg *config.Config) []string {
	var names []string
	for _, host := range cfg.HostPorts() {
		names = append(names, host.Name)
	}
	for _, wire := range cfg.Wires {
		names = append(names, wire.InterfaceA, wire.InterfaceB)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// without gives the names that are not among others.
func without(names, others []string) []string {
	rest := []string{}
	for _, name := range names {
		if !slices.Contains(others, name) {
			rest = append(rest, name)
		}
	}
	return rest
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
