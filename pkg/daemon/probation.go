package daemon

import (
	"bytes"
	"errors"
	"slices"
	"time"

	"synscreen/pkg/control"
	"synscreen/pkg/history"
)

// warnAhead is how long before an automatic rollback the log says so once more; half of the time, if
// that is less.
const warnAhead = time.Minute

// probation is the time in which what runs must be confirmed.
type probation struct {
	timer *time.Timer
	// trail is what ran before, from the last confirmed configuration on; empty: nothing must be
	// confirmed. As in RFC 6241, 8.4.1, another commit confirmed does not confirm the one before.
	trail  []source
	until  time.Time
	warned bool
	delay  time.Duration // until the next try, once a rollback has been refused
}

// rollbackAt is when the rollback comes; nil: never.
func (p *probation) rollbackAt() *time.Time {
	if len(p.trail) == 0 {
		return nil
	}
	until := p.until.Round(0) // no monotonic reading: it leaves the process
	return &until
}

// begin starts the time, or starts it again. before is what ran until now.
func (p *probation) begin(before source, limit time.Duration) {
	if last := len(p.trail) - 1; last < 0 || !bytes.Equal(p.trail[last].text, before.text) {
		p.trail = append(p.trail, before)
	}
	if len(p.trail) > history.Max { // the first is where to go; the others only help on the way
		p.trail = slices.Delete(p.trail, 1, 2)
	}
	p.until, p.warned, p.delay = time.Now().Add(limit), false, retryMin
	p.timer.Reset(limit - min(warnAhead, limit/2))
}

// commitConfirmed takes a configuration until it is confirmed.
func (l *loop) commitConfirmed(sent source, limit time.Duration) (control.CommitResult, error) {
	if l.running == nil {
		return control.CommitResult{}, errors.New("commit confirmed: no configuration is running that could " +
			"be rolled back to; commit without confirmed")
	}
	before := *l.running
	running, err := l.apply(sent, history.CommitConfirmed)
	result := newResult(running, sent.warnings, err)
	if err == nil {
		l.probation.begin(before, limit)
		l.log.Warn("commit must be confirmed by `synscreen commit`, or it is rolled back", "config", sent.name,
			"generation", running.Generation, "rollback_s", limit.Seconds(), "rollback_to", l.probation.trail[0].name)
		result.RollbackAt = l.probation.rollbackAt()
	}
	return result, nil
}

// confirm makes good what runs on probation.
func (l *loop) confirm() (control.ConfirmResult, error) {
	if len(l.probation.trail) == 0 {
		return control.ConfirmResult{}, errors.New("there is nothing to confirm: no commit confirmed is " +
			"waiting; `synscreen commit FILE` commits a configuration")
	}
	running := l.dataplane.Running()
	l.endProbation()
	l.log.Info("commit is confirmed", "config", running.Source, "generation", running.Generation)
	result := control.ConfirmResult{Name: running.Source, Generation: running.Generation, Warnings: []string{}}
	if err := l.history.Confirm(); err != nil {
		l.log.Error("commit is confirmed, but a restart will not know of it", "error", err)
		result.Warnings = append(result.Warnings, "warning: a restart will not know of it: "+err.Error())
	}
	return result, nil
}

// endProbation forgets that something must be confirmed: it was, or something else runs.
func (l *loop) endProbation() {
	l.probation.timer.Stop()
	l.probation.trail = nil
}

// probationTick warns of the rollback when it comes near, and does it when its time has come.
func (l *loop) probationTick() {
	p := &l.probation
	if !p.warned {
		p.warned = true
		left := time.Until(p.until)
		p.timer.Reset(left)
		l.log.Warn("commit is not confirmed yet: it will be rolled back", "config", l.running.name,
			"left_s", left.Round(time.Second).Seconds(), "rollback_to", p.trail[0].name)
		return
	}
	l.log.Warn("commit was not confirmed: it is rolled back", "config", l.running.name,
		"rollback_to", p.trail[0].name)
	if err := l.rollBack(); err != nil {
		l.log.Error("automatic rollback was refused and will be tried again", "rollback_to", p.trail[0].name,
			"delay_s", p.delay.Seconds())
		p.timer.Reset(p.delay)
		p.delay = min(2*p.delay, retryMax)
		return
	}
	l.endProbation()
	l.log.Warn("commit was not confirmed: automatic rollback complete", "config", l.running.name,
		"generation", l.dataplane.Running().Generation)
}

// rollBack runs what was confirmed last. Where there is no direct way, because a port would change its
// wire in one commit, it goes back step by step.
func (l *loop) rollBack() error {
	defer l.reloading()()
	p := &l.probation
	for {
		_, err := l.apply(p.trail[0], history.AutoRollback)
		last := len(p.trail) - 1
		if err == nil || last == 0 {
			return err
		}
		if _, err := l.apply(p.trail[last], history.AutoRollback); err != nil {
			return err
		}
		p.trail = p.trail[:last]
	}
}
