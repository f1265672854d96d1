package userspace

import (
	"errors"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"synscreen/pkg/dataplane"
)

// fakeSessions is what a fake engine has of connections and servers.
type fakeSessions struct {
	flows      []dataplane.FlowRow
	servers    []dataplane.Server
	asked      []uint64 // cursors and limits
	filter     dataplane.FlowFilter
	validated  []dataplane.ValidatedClient
	forgotten  []string // zones
	sessionErr error
}

func (f *fakeSessions) Flows(cursor uint64, limit int) ([]dataplane.FlowRow, uint64, error) {
	f.asked = append(f.asked, cursor, uint64(limit))
	return f.flows, cursor + 1, f.sessionErr
}

func (f *fakeSessions) ClearFlows(filter dataplane.FlowFilter) (int, error) {
	f.filter = filter
	return len(f.flows), f.sessionErr
}

func (f *fakeSessions) Servers(cursor uint64, limit int) ([]dataplane.Server, uint64, error) {
	f.asked = append(f.asked, cursor, uint64(limit))
	return f.servers, cursor + 1, f.sessionErr
}

func (f *fakeSessions) ClearServers() (int, error) { return len(f.servers), f.sessionErr }

func (f *fakeSessions) Validated(cursor uint64, _ int) ([]dataplane.ValidatedClient, uint64, error) {
	return f.validated, cursor + 1, f.sessionErr
}

func (f *fakeSessions) ClearValidated(zone string) error {
	f.forgotten = append(f.forgotten, zone)
	return f.sessionErr
}

func TestManagerHandsConnectionsAndServersOn(t *testing.T) {
	manager, engine := newFixture(t)
	engine.flows = []dataplane.FlowRow{{Wire: "w1"}, {Wire: "w2"}}
	engine.servers = []dataplane.Server{{Zone: "untrust"}, {Zone: "dmz"}, {Zone: "trust"}}
	flows, next, err := manager.Flows(5, 10)
	if err != nil || next != 6 || len(flows) != 2 || flows[1].Wire != "w2" {
		t.Errorf("flows %v, next %d, error %v", flows, next, err)
	}
	servers, next, err := manager.Servers(7, 20)
	if err != nil || next != 8 || len(servers) != 3 || servers[1].Zone != "dmz" {
		t.Errorf("servers %v, next %d, error %v", servers, next, err)
	}
	if diff := cmp.Diff([]uint64{5, 10, 7, 20}, engine.asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	filter := dataplane.FlowFilter{
		Client: netip.MustParsePrefix("192.0.2.0/24"), ServerPort: 443, States: []dataplane.FlowState{dataplane.FlowOpen},
	}
	if cleared, err := manager.ClearFlows(filter); err != nil || cleared != 2 {
		t.Errorf("cleared %d flows, error %v", cleared, err)
	}
	if diff := cmp.Diff(filter, engine.filter, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
		t.Errorf("filter (-want +got):\n%s", diff)
	}
	if cleared, err := manager.ClearServers(); err != nil || cleared != 3 {
		t.Errorf("cleared %d servers, error %v", cleared, err)
	}
}

func TestManagerSaysWhatOfConnectionsAndServersFailed(t *testing.T) {
	manager, engine := newFixture(t)
	engine.sessionErr = errors.New("closed")
	_, _, flowsErr := manager.Flows(0, 1)
	_, clearFlowsErr := manager.ClearFlows(dataplane.FlowFilter{})
	_, _, serversErr := manager.Servers(0, 1)
	_, clearServersErr := manager.ClearServers()
	for want, err := range map[string]error{
		"read the engine's flows: closed":    flowsErr,
		"clear the engine's flows: closed":   clearFlowsErr,
		"read the engine's servers: closed":  serversErr,
		"clear the engine's servers: closed": clearServersErr,
	} {
		if err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}
