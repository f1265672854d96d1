package gobind

import (
	"strings"
	"testing"

	"synscreen/pkg/dataplane"
)

func TestTextsThatTheEngineHasNoRoomForAreRefused(t *testing.T) {
	for want, dir := range map[string]string{
		"longer than 255 bytes": strings.Repeat("x", 256),
		"contains a NUL":        "a\x00b",
	} {
		_, err := Open(dataplane.EngineOptions{StateDir: dir})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("open with %.10q: error %v, want %q in it", dir, err, want)
		}
	}
}

func TestCallsOfAClosedEngineAreErrors(t *testing.T) {
	engine := &Engine{}
	engine.Close(dataplane.LeaveNothing)
	engine.Drop()
	_, capsErr := engine.Capabilities()
	_, statusErr := engine.Status()
	_, _, flowsErr := engine.Flows(0, 1)
	_, clearFlowsErr := engine.ClearFlows(dataplane.FlowFilter{})
	_, _, serversErr := engine.Servers(0, 1)
	_, clearServersErr := engine.ClearServers()
	_, destinationsErr := engine.Destinations()
	_, sourcesErr := engine.Sources(1)
	_, _, tapErr := engine.TapRead()
	_, _, eventsErr := engine.Events(1)
	for name, err := range map[string]error{
		"prepare": engine.Prepare(nil), "publish": engine.Publish(),
		"stage key": engine.StageKey("/k"), "activate key": engine.ActivateKey(),
		"rotate key": engine.RotateKey(), "capabilities": capsErr, "status": statusErr, "flows": flowsErr,
		"destinations": destinationsErr, "sources": sourcesErr, "tap": engine.Tap(nil), "tap read": tapErr,
		"clear": engine.Clear(""), "events": eventsErr, "clear flows": clearFlowsErr,
		"servers": serversErr, "clear servers": clearServersErr,
	} {
		if err == nil || err.Error() != "use the engine: it is closed" {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
