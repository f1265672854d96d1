package daemon

import (
	"context"
	"errors"

	"synscreen/pkg/control"
	"synscreen/pkg/dataplane"
)

// call is a request on its way to the loop, which answers once.
type call[Request, Answer any] struct {
	request Request
	reply   chan<- outcome[Answer]
}

type outcome[Answer any] struct {
	answer Answer
	err    error
}

// What the loop can be asked for.
type (
	commitCall = call[control.CommitRequest, control.CommitResult]
	keyCall    = call[dataplane.KeyChange, control.KeyReport]
)

// answer ends the call. Nobody may be waiting any more.
func (c call[Request, Answer]) answer(answer Answer, err error) {
	c.reply <- outcome[Answer]{answer, err}
}

// hand gives a request to the loop and waits for its answer. Once the loop has taken the request, it is
// carried out, whether or not somebody waits.
func hand[Request, Answer any](ctx context.Context, calls chan<- call[Request, Answer],
	done <-chan struct{}, request Request) (Answer, error) {
	var none Answer
	reply := make(chan outcome[Answer], 1)
	select {
	case calls <- call[Request, Answer]{request: request, reply: reply}:
	case <-ctx.Done():
		return none, ctx.Err()
	case <-done:
		return none, errors.New("nothing was changed: the daemon is stopping")
	}
	select {
	case o := <-reply:
		return o.answer, o.err
	case <-ctx.Done():
		return none, ctx.Err()
	}
}
