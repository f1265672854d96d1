//go:build !cgo

package cli

import (
	"strings"
	"testing"
)

func TestOfflineCommandsNeedTheEngine(t *testing.T) {
	for _, args := range []string{
		"replay --config " + write(t, replayText) + " --key-file k --epoch 1 " + write(t, ""),
		"cookie mint --epoch 1 --isn 1 " + anyScope,
		"cookie check --epoch-now 1 --seq 1 --ack 1 " + anyScope,
	} {
		got := command(t, strings.Fields(args)...)
		if got.Code != 1 || got.Stdout != "" || !strings.Contains(got.Stderr, "built without cgo") {
			t.Errorf("%s: %+v", args, got)
		}
	}
}
