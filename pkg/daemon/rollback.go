package daemon

import (
	"errors"

	"synscreen/pkg/control"
	"synscreen/pkg/history"
)

// errNothingRuns says why there is no running configuration to show.
var errNothingRuns = errors.New("no configuration is running; `synscreen show capabilities` says why")

// rollback runs a kept configuration.
func (l *loop) rollback(number int) (control.CommitResult, error) {
	defer l.reloading()()
	record, text, err := l.history.Read(number)
	if err != nil {
		return control.CommitResult{}, err
	}
	kept, err := parse(record.Name, text)
	if err != nil {
		l.refused(record.Name, err)
		return newResult(l.dataplane.Running(), kept.warnings, err), nil
	}
	running, err := l.apply(kept, history.Rollback)
	if err == nil {
		l.endProbation()
	}
	return newResult(running, kept.warnings, err), nil
}

// commits tells what is kept.
func (l *loop) commits() (control.CommitList, error) {
	return control.CommitList{
		Generation: l.dataplane.Running().Generation,
		RollbackAt: l.probation.rollbackAt(),
		Commits:    l.history.Records(),
	}, nil
}

// configuration gives a kept configuration, or the running one.
func (l *loop) configuration(number *int) (control.Configuration, error) {
	if number == nil && l.running == nil {
		return control.Configuration{}, errNothingRuns
	}
	if number == nil {
		number = new(int)
	}
	record, text, err := l.history.Read(*number)
	return control.Configuration{Number: *number, Record: record, Text: string(text)}, err
}
