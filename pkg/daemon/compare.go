package daemon

import (
	"fmt"

	"synscreen/pkg/config"
	"synscreen/pkg/control"
)

// compare tells what a text would change in the running configuration, or what has changed since a kept
// one.
func (l *loop) compare(request control.CompareRequest) (control.Comparison, error) {
	if l.running == nil {
		return control.Comparison{}, errNothingRuns
	}
	if request.Number != nil {
		return l.compareKept(*request.Number)
	}
	sent, _, err := config.ParseTree(request.Name, []byte(request.Text))
	if err != nil {
		return control.Comparison{}, err
	}
	return control.Comparison{
		From: l.running.name, To: request.Name, Diff: config.Compare(l.running.config.Tree, sent),
	}, nil
}

func (l *loop) compareKept(number int) (control.Comparison, error) {
	record, text, err := l.history.Read(number)
	if err != nil {
		return control.Comparison{}, err
	}
	kept, _, err := config.ParseTree(record.Name, text)
	if err != nil {
		return control.Comparison{}, fmt.Errorf("configuration %d cannot be read any more: %w", number, err)
	}
	return control.Comparison{
		From: record.Name, To: l.running.name, Diff: config.Compare(kept, l.running.config.Tree),
	}, nil
}
