package daemon

import (
	"context"

	"synscreen/pkg/control"
	"synscreen/pkg/dataplane"
)

// flowsChunk is the number of flows read from the engine at once; other callers get their turn between
// two chunks.
const flowsChunk = 1024

// backend answers the control socket. Readings go to the dataplane; what changes something to the loop,
// which decides about it alone.
type backend struct {
	dataplane Dataplane
	commits   chan<- commitCall
	keys      chan<- keyCall
	done      <-chan struct{} // closed when the loop has ended
}

// Commit hands a configuration to the loop.
func (b *backend) Commit(ctx context.Context, request control.CommitRequest) (control.CommitResult, error) {
	return hand(ctx, b.commits, b.done, request)
}

// ChangeKey hands a step on the way of a master key to the loop.
func (b *backend) ChangeKey(ctx context.Context, change dataplane.KeyChange) (control.KeyReport, error) {
	return hand(ctx, b.keys, b.done, change)
}

// Capabilities tells what is proved and what was refused.
func (b *backend) Capabilities(context.Context) (control.CapabilityReport, error) {
	running, proved, last, err := b.dataplane.Capabilities()
	return control.CapabilityReport{Running: running, Capabilities: proved, LastRefusal: last}, err
}

// Status reads every counter once.
func (b *backend) Status(context.Context) (dataplane.Status, error) { return b.dataplane.Status() }

// Flows reads the flow table chunk by chunk.
func (b *backend) Flows(ctx context.Context, query control.FlowQuery) (control.FlowReport, error) {
	found := newFlowCount(query)
	var cursor uint64
	for !found.done() {
		if err := ctx.Err(); err != nil {
			return control.FlowReport{}, err
		}
		rows, next, err := b.dataplane.Flows(cursor, flowsChunk)
		if err != nil {
			return control.FlowReport{}, err
		}
		if len(rows) == 0 {
			break
		}
		cursor = next
		found.add(rows)
	}
	return found.report(), nil
}
