package daemon

import (
	"context"

	"synscreen/pkg/control"
	"synscreen/pkg/dataplane"
	"synscreen/pkg/metrics"
)

// backend answers the control socket. Readings go to the dataplane; what changes something to the loop,
// which decides about it alone.
type backend struct {
	dataplane Dataplane
	events    *eventLog
	errands   chan<- errand
	done      <-chan struct{} // closed when the loop has ended
}

// Commit has a configuration run, for good or until it is confirmed.
func (b *backend) Commit(ctx context.Context, request control.CommitRequest) (control.CommitResult, error) {
	return hand(ctx, b, func(l *loop) (control.CommitResult, error) { return l.commit(request) })
}

// Check tells what a commit would do.
func (b *backend) Check(ctx context.Context, request control.CommitRequest) (control.CheckResult, error) {
	return hand(ctx, b, func(l *loop) (control.CheckResult, error) { return l.check(request), nil })
}

// Confirm confirms the commit that waits for it.
func (b *backend) Confirm(ctx context.Context) (control.ConfirmResult, error) {
	return hand(ctx, b, (*loop).confirm)
}

// Rollback has a kept configuration run.
func (b *backend) Rollback(ctx context.Context, request control.RollbackRequest) (control.CommitResult, error) {
	return hand(ctx, b, func(l *loop) (control.CommitResult, error) { return l.rollback(request.Number) })
}

// Compare tells how a configuration and the running one differ.
func (b *backend) Compare(ctx context.Context, request control.CompareRequest) (control.Comparison, error) {
	return hand(ctx, b, func(l *loop) (control.Comparison, error) { return l.compare(request) })
}

// Commits tells what is kept.
func (b *backend) Commits(ctx context.Context) (control.CommitList, error) {
	return hand(ctx, b, (*loop).commits)
}

// Configuration gives a kept configuration, or the running one.
func (b *backend) Configuration(ctx context.Context, number *int) (control.Configuration, error) {
	return hand(ctx, b, func(l *loop) (control.Configuration, error) { return l.configuration(number) })
}

// ChangeKey takes a step on the way of a master key.
func (b *backend) ChangeKey(ctx context.Context, change dataplane.KeyChange) (control.KeyReport, error) {
	return hand(ctx, b, func(l *loop) (control.KeyReport, error) { return l.changeKey(change) })
}

// Capabilities tells what is proved and what was refused.
func (b *backend) Capabilities(context.Context) (control.CapabilityReport, error) {
	running, proved, last, err := b.dataplane.Capabilities()
	return control.CapabilityReport{Running: running, Capabilities: proved, LastRefusal: last}, err
}

// EventTotals tells what became of the engine's events.
func (b *backend) EventTotals() metrics.EventTotals { return b.events.totals() }

// Status reads every counter once.
func (b *backend) Status(context.Context) (dataplane.Status, error) { return b.dataplane.Status() }
