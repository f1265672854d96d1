package daemon

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"synscreen/pkg/control"
	"synscreen/pkg/dataplane"
	"synscreen/pkg/dataplane/userspace"
)

// idleSessions is an engine that has three chunks of connections and two of servers, and clears none.
type idleSessions struct{}

func (idleSessions) Flows(cursor uint64, limit int) ([]dataplane.FlowRow, uint64, error) {
	if cursor >= 3*rowsChunk {
		return nil, cursor, nil
	}
	return make([]dataplane.FlowRow, limit), cursor + uint64(limit), nil
}

func (idleSessions) ClearFlows(dataplane.FlowFilter) (int, error) { return 0, nil }

// Servers gives them in no order: the last first, and every other in another zone.
func (idleSessions) Servers(cursor uint64, limit int) ([]dataplane.Server, uint64, error) {
	var rows []dataplane.Server
	for ; cursor < 2*rowsChunk && len(rows) < limit; cursor++ {
		n := 2*rowsChunk - 1 - cursor
		addr := netip.AddrFrom4([4]byte{10, 0, byte(n >> 8), byte(n)})
		rows = append(rows, dataplane.Server{Zone: fmt.Sprintf("z%d", n%2), Address: netip.AddrPortFrom(addr, 80)})
	}
	return rows, cursor, nil
}

func (idleSessions) ClearServers() (int, error) { return 0, nil }

func (idleSessions) Validated(cursor uint64, _ int) ([]dataplane.ValidatedClient, uint64, error) {
	return nil, cursor, nil
}

func (idleSessions) ClearValidated(string) error { return nil }

// sessionBackend is a backend on an engine that is idle but for what it is made of.
func sessionBackend(t *testing.T, engine userspace.Engine) *backend {
	manager := userspace.NewManager(engine, nil)
	t.Cleanup(func() { _, _ = manager.Close() })
	return &backend{dataplane: manager}
}

func newIdleEngine() *idleEngine { return &idleEngine{closed: make(chan dataplane.Leave, 1)} }

func TestFlowsAreReadToTheEndOrTheLimit(t *testing.T) {
	b := sessionBackend(t, newIdleEngine())
	for _, test := range []struct {
		query     control.FlowQuery
		rows      int
		matched   uint64
		truncated bool
	}{
		{control.FlowQuery{Limit: 10000}, 3 * rowsChunk, 3 * rowsChunk, false},
		{control.FlowQuery{Limit: 10}, 10, 10, true},
		{control.FlowQuery{Limit: 0, Summary: true}, 0, 3 * rowsChunk, true},
		{control.FlowQuery{Limit: 10, FlowFilter: dataplane.FlowFilter{ServerPort: 80}}, 0, 0, false},
	} {
		report, err := b.Flows(t.Context(), test.query)
		if err != nil || len(report.Flows) != test.rows || report.Matched != test.matched ||
			report.Truncated != test.truncated {
			t.Errorf("%+v: %d rows, %d matched, truncated %v, error %v",
				test.query, len(report.Flows), report.Matched, report.Truncated, err)
		}
	}
}

func TestServersAreReadToTheEndAndSorted(t *testing.T) {
	b := sessionBackend(t, newIdleEngine())
	report, err := b.Servers(t.Context(), control.ServerQuery{})
	if err != nil || len(report.Servers) != 2*rowsChunk {
		t.Fatalf("%d servers, error %v", len(report.Servers), err)
	}
	for i, want := range map[int]string{
		0: "z0 10.0.0.0:80", 1: "z0 10.0.0.2:80", rowsChunk: "z1 10.0.0.1:80", 2*rowsChunk - 1: "z1 10.0.7.255:80",
	} {
		if got := report.Servers[i].Zone + " " + report.Servers[i].Address.String(); got != want {
			t.Errorf("server %d is %s, want %s", i, got, want)
		}
	}
	report, err = b.Servers(t.Context(), control.ServerQuery{Server: netip.MustParsePrefix("10.0.5.0/29")})
	if err != nil || len(report.Servers) != 8 || report.Servers[7].Address.Addr() != netip.MustParseAddr("10.0.5.7") {
		t.Errorf("of a prefix: %v, error %v", report.Servers, err)
	}
	report, err = b.Servers(t.Context(), control.ServerQuery{Server: netip.MustParsePrefix("::/0")})
	if err != nil || report.Servers == nil || len(report.Servers) != 0 {
		t.Errorf("of another family: %v, error %v", report.Servers, err)
	}
}

// clearable is an engine with wires, and with something to clear.
type clearable struct {
	*idleEngine
	filters []dataplane.FlowFilter
	err     error
}

func (c *clearable) Status() (dataplane.Status, error) {
	return dataplane.Status{
		Generation: 1,
		Wires:      []dataplane.WireStatus{{Name: "w1"}, {Name: "w2"}},
		Zones:      []dataplane.ZoneStatus{{Name: "trust"}, {Name: "untrust"}},
		Ports:      []dataplane.PortStatus{{Interface: "eth1"}, {Interface: "eth2"}},
	}, nil
}

func (c *clearable) ClearFlows(filter dataplane.FlowFilter) (int, error) {
	c.filters = append(c.filters, filter)
	return 7, c.err
}

func (c *clearable) ClearServers() (int, error) { return 8, c.err }

func TestClearTellsHowManyThereWere(t *testing.T) {
	engine := &clearable{idleEngine: newIdleEngine()}
	b := sessionBackend(t, engine)
	filter := dataplane.FlowFilter{Wire: "w2", ServerPort: 443}
	flows, err := b.ClearFlows(t.Context(), control.ClearFlowsRequest{FlowFilter: filter})
	if err != nil || flows.Cleared != 7 {
		t.Errorf("%+v, error %v", flows, err)
	}
	if diff := cmp.Diff([]dataplane.FlowFilter{filter}, engine.filters,
		cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
		t.Errorf("filters (-want +got):\n%s", diff)
	}
	if servers, err := b.ClearServers(t.Context()); err != nil || servers.Cleared != 8 {
		t.Errorf("%+v, error %v", servers, err)
	}
	engine.err = errors.New("closed")
	if _, err := b.ClearFlows(t.Context(), control.ClearFlowsRequest{All: true}); err == nil {
		t.Error("no error of flows")
	}
	if _, err := b.ClearServers(t.Context()); err == nil {
		t.Error("no error of servers")
	}
}

func TestReadingEndsWithItsContext(t *testing.T) {
	b := sessionBackend(t, newIdleEngine())
	ctx, stop := context.WithCancel(t.Context())
	stop()
	_, flowsErr := b.Flows(ctx, control.FlowQuery{})
	_, serversErr := b.Servers(ctx, control.ServerQuery{})
	if !errors.Is(flowsErr, context.Canceled) || !errors.Is(serversErr, context.Canceled) {
		t.Errorf("errors %v, %v", flowsErr, serversErr)
	}
}
