package daemon

import (
	"context"
	"errors"

	"synscreen/pkg/control"
	"synscreen/pkg/dataplane"
)

// flowsChunk is the number of flows read from the engine at once; other callers get their turn between
// two chunks.
const flowsChunk = 1024

// backend answers the control socket. Readings go to the dataplane; commits to the loop, which decides
// about them alone.
type backend struct {
	dataplane Dataplane
	commits   chan<- commitCall
	done      <-chan struct{} // closed when the loop has ended
}

// commitCall is a commit on its way to the loop; the loop answers once.
type commitCall struct {
	request control.CommitRequest
	reply   chan<- control.CommitResult
}

// Commit hands a configuration to the loop. Once the loop has taken it, it is carried out, whether or
// not somebody waits for the answer.
func (b *backend) Commit(ctx context.Context, request control.CommitRequest) (control.CommitResult, error) {
	reply := make(chan control.CommitResult, 1)
	select {
	case b.commits <- commitCall{request: request, reply: reply}:
	case <-ctx.Done():
		return control.CommitResult{}, ctx.Err()
	case <-b.done:
		return control.CommitResult{}, errors.New("commit: the daemon is stopping")
	}
	select {
	case result := <-reply:
		return result, nil
	case <-ctx.Done():
		return control.CommitResult{}, ctx.Err()
	}
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
