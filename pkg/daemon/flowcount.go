package daemon

import (
	"synscreen/pkg/control"
	"synscreen/pkg/dataplane"
)

// flowCount gathers what a query asks for.
type flowCount struct {
	query     control.FlowQuery
	rows      []dataplane.FlowRow
	matched   uint64
	states    map[dataplane.FlowState]uint64
	truncated bool
}

func newFlowCount(query control.FlowQuery) *flowCount {
	return &flowCount{
		query:  query,
		rows:   []dataplane.FlowRow{},
		states: map[dataplane.FlowState]uint64{},
	}
}

// done is true when no further flow can change the answer.
func (f *flowCount) done() bool { return f.truncated && !f.query.Summary }

func (f *flowCount) add(rows []dataplane.FlowRow) {
	for _, row := range rows {
		if !f.query.Matches(row) {
			continue
		}
		if len(f.rows) >= f.query.Limit {
			f.truncated = true
			if f.done() {
				return
			}
		} else {
			f.rows = append(f.rows, row)
		}
		f.matched++
		f.states[row.State]++
	}
}

func (f *flowCount) report() control.FlowReport {
	report := control.FlowReport{
		Flows:     f.rows,
		Matched:   f.matched,
		Truncated: f.truncated,
		States:    []control.StateCount{},
	}
	for _, state := range dataplane.FlowStates() {
		report.States = append(report.States, control.StateCount{State: state, Flows: f.states[state]})
	}
	return report
}
