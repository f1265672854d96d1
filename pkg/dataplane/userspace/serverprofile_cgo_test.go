//go:build cgo

package userspace

import (
	"fmt"
	"testing"
)

// The engine validates their order and their every bit.
func TestTheEngineTakesTheMostServerProfilesOfEveryKind(t *testing.T) {
	b := newKeyBench(t)
	var lines []string
	for i := range ServersMax / 4 {
		v4 := profileOf + fmt.Sprintf("10.%d.0.0/%d ", i, 16+i)
		v6 := profileOf + fmt.Sprintf("2001:db8:%x::/%d ", i, 128-4*i)
		lines = append(lines,
			v4+fmt.Sprintf("mss %d wscale 0 no-sack timestamps no-ecn", 216+i),
			v4+fmt.Sprintf("port %d no-wscale sack ecn", 1+i),
			v6+"port 65535 mss 65535 wscale 14",
			v6+"port 1 no-timestamps no-wscale")
	}
	if err := b.commit(lines...); err != nil {
		t.Fatal(err)
	}
	if running := b.manager.Running(); running.Generation == 0 {
		t.Error("nothing runs")
	}
}
