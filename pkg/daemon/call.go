package daemon

import (
	"context"
	"errors"
)

// errand is work for the loop, which does one after the other.
type errand func(l *loop)

type outcome[Answer any] struct {
	answer Answer
	err    error
}

// hand gives work to the loop and waits for its answer. Once the loop has taken the work, it is carried
// out, whether or not somebody waits.
func hand[Answer any](ctx context.Context, b *backend, work func(l *loop) (Answer, error)) (Answer, error) {
	var none Answer
	reply := make(chan outcome[Answer], 1) // nobody may be waiting any more
	select {
	case b.errands <- func(l *loop) {
		answer, err := work(l)
		reply <- outcome[Answer]{answer, err}
	}:
	case <-ctx.Done():
		return none, ctx.Err()
	case <-b.done:
		return none, errors.New("nothing was changed: the daemon is stopping")
	}
	select {
	case o := <-reply:
		return o.answer, o.err
	case <-ctx.Done():
		return none, ctx.Err()
	}
}
