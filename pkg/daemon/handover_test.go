package daemon

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// ending is an engine that hands over.
type ending struct {
	flows int
	err   error
}

func (e ending) Close() (int, error) { return e.flows, e.err }

func TestEndOfTheDaemonTellsWhatIsHandedOver(t *testing.T) {
	for _, test := range []struct {
		engine ending
		want   string
	}{
		{ending{flows: 12}, `level=INFO msg="flows handed over to the next daemon" flows=12`},
		{ending{err: errors.New("no space")}, `level=ERROR msg="a restart will lose spliced connections" error="no space"`},
	} {
		var log journal
		tellHandover(log.logger(), test.engine)
		if diff := cmp.Diff([]string{test.want}, log.take()); diff != "" {
			t.Errorf("log (-want +got):\n%s", diff)
		}
	}
}
