//go:build cgo

package userspace

import (
	"net/netip"
	"strings"
	"testing"

	"synscreen/pkg/dataplane"
)

func TestTheEngineHasNoConnectionsAndServersToForget(t *testing.T) {
	b := newKeyBench(t)
	filter := dataplane.FlowFilter{
		Client: netip.MustParsePrefix("192.0.2.0/24"), Server: netip.MustParsePrefix("2001:db8::/32"),
		ClientPort: 1, ServerPort: 2, States: dataplane.FlowStates(), Wire: strings.Repeat("w", 63),
	}
	for _, filter := range []dataplane.FlowFilter{{}, filter} {
		if cleared, err := b.manager.ClearFlows(filter); cleared != 0 || err != nil {
			t.Errorf("%+v: cleared %d, error %v", filter, cleared, err)
		}
	}
	if servers, _, err := b.manager.Servers(0, 100); len(servers) != 0 || err != nil {
		t.Errorf("servers %v, error %v", servers, err)
	}
	if cleared, err := b.manager.ClearServers(); cleared != 0 || err != nil {
		t.Errorf("cleared %d servers, error %v", cleared, err)
	}
}

// To the engine IPv4 is a part of IPv6: a prefix that has it all would clear what was not meant.
func TestFiltersThatTheEngineWouldMistakeAreRefused(t *testing.T) {
	b := newKeyBench(t)
	for want, filter := range map[string]dataplane.FlowFilter{
		"clear the engine's flows: pass client ::/0 to the engine: the prefix has IPv4 in it; " +
			"name a longer one, such as 2000::/3": {Client: netip.MustParsePrefix("::/0")},
		"clear the engine's flows: pass server ::/80 to the engine: the prefix has IPv4 in it; " +
			"name a longer one, such as 2000::/3": {Server: netip.MustParsePrefix("::/80")},
		"clear the engine's flows: pass wire \"" + strings.Repeat("w", 40) + "\"... to the engine: " +
			"longer than 67 bytes": {Wire: strings.Repeat("w", 68)},
	} {
		if _, err := b.manager.ClearFlows(filter); err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}
