package gobind

// #include <synscreen/engine.h>
import "C"

import (
	"fmt"

	"synscreen/pkg/dataplane"
)

// tables are the names that the library gives its counters, read once for an engine's life.
type tables struct {
	reasons [Reasons]dataplane.ReasonCount
	shim    [ShimCounters]dataplane.ShimCount
}

// newTables reads screen_reason_name(), screen_reason_verdict() and screen_shim_counter_name().
func newTables() tables {
	var t tables
	for i := range t.reasons {
		t.reasons[i].Reason = nameOr(C.screen_reason_name(C.uint(i)), "reason", i)
		t.reasons[i].Verdict = dataplane.Verdict(C.screen_reason_verdict(C.uint(i)))
	}
	for i := range t.shim {
		t.shim[i].Counter = nameOr(C.screen_shim_counter_name(C.uint(i)), "shim", i)
	}
	return t
}

func nameOr(name *C.char, kind string, index int) string {
	if name == nil {
		return fmt.Sprintf("%s_%d", kind, index)
	}
	return C.GoString(name)
}

// frames pairs the counters of a port with their names.
func (t *tables) frames(counts []C.uint64_t) []dataplane.ReasonCount {
	out := make([]dataplane.ReasonCount, len(t.reasons))
	for i, row := range t.reasons {
		row.Frames = uint64(counts[i])
		out[i] = row
	}
	return out
}

// shimFrames pairs the shim's counters of a port with their names.
func (t *tables) shimFrames(counts []C.uint64_t) []dataplane.ShimCount {
	out := make([]dataplane.ShimCount, len(t.shim))
	for i, row := range t.shim {
		row.Frames = uint64(counts[i])
		out[i] = row
	}
	return out
}
