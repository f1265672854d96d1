package control

import (
	"testing"
	"time"

	"synscreen/pkg/dataplane"
	"synscreen/pkg/history"
)

func TestClientReadsWhatTheBackendSaysOfCommits(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	record := history.Record{Name: "a.conf", Way: history.CommitConfirmed, Time: at, Generation: 3, Unconfirmed: true}
	backend := &canned{
		commit: CommitResult{Committed: true, Generation: 3, Errors: []string{}, Warnings: []string{}, RollbackAt: &at},
		check: CheckResult{
			Passed: true, Staged: true, Generation: 3, Mode: dataplane.ModeSynCookie,
			Attach: []string{"eth1"}, Release: []string{}, Errors: []string{}, Warnings: []string{},
		},
		confirmed:     ConfirmResult{Name: "a.conf", Generation: 3, Warnings: []string{}},
		list:          CommitList{Generation: 3, RollbackAt: &at, Commits: []history.Record{record, {Way: history.Reload}}},
		configuration: Configuration{Number: 1, Record: record, Text: "set x\n"},
		comparison:    Comparison{From: "a", To: "b", Diff: "[edit]\n"},
	}
	client, ctx, one := start(t, backend), t.Context(), 1

	request := CommitRequest{Name: "a", Text: "set x", ConfirmMinutes: 65535}
	commit, err := client.Commit(ctx, request)
	same(t, "commit", backend.commit, commit, err)
	same(t, "request", request, backend.request, nil)
	check, err := client.Check(ctx, CommitRequest{Name: "c"})
	same(t, "check", backend.check, check, err)
	same(t, "request", CommitRequest{Name: "c"}, backend.request, nil)
	confirmed, err := client.Confirm(ctx)
	same(t, "confirmed", backend.confirmed, confirmed, err)
	commit, err = client.Rollback(ctx, RollbackRequest{Number: 7})
	same(t, "rollback", backend.commit, commit, err)
	same(t, "request", RollbackRequest{Number: 7}, backend.rollback, nil)
	list, err := client.Commits(ctx)
	same(t, "list", backend.list, list, err)

	for _, number := range []*int{nil, &one} {
		configuration, err := client.Configuration(ctx, number)
		same(t, "configuration", backend.configuration, configuration, err)
		same(t, "number", number, backend.number, nil)
	}
	for _, request := range []CompareRequest{{Number: &one}, {Name: "b", Text: "set y"}} {
		comparison, err := client.Compare(ctx, request)
		same(t, "comparison", backend.comparison, comparison, err)
		same(t, "request", request, backend.compare, nil)
	}
}
