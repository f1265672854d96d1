package daemon

import (
	"cmp"
	"context"
	"slices"

	"synscreen/pkg/control"
	"synscreen/pkg/dataplane"
)

// Sessions is what the daemon needs of userspace.Manager to tell of connections and servers, and to
// forget them.
type Sessions interface {
	Flows(cursor uint64, limit int) ([]dataplane.FlowRow, uint64, error)
	ClearFlows(filter dataplane.FlowFilter) (int, error)
	Servers(cursor uint64, limit int) ([]dataplane.Server, uint64, error)
	ClearServers() (int, error)
	Validated
}

// rowsChunk is the number of flows or servers read from the engine at once; other callers get their turn
// between two chunks.
const rowsChunk = 1024

// chunks reads rows from the engine until there are no more, or add has enough.
func chunks[Row any](ctx context.Context, read func(uint64, int) ([]Row, uint64, error), add func([]Row) bool) error {
	var cursor uint64
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		rows, next, err := read(cursor, rowsChunk)
		if err != nil || len(rows) == 0 || !add(rows) {
			return err
		}
		cursor = next
	}
}

// Flows reads the flow table chunk by chunk.
func (b *backend) Flows(ctx context.Context, query control.FlowQuery) (control.FlowReport, error) {
	if err := b.knowsWire("show connections", query.Wire); err != nil {
		return control.FlowReport{}, err
	}
	found := newFlowCount(query)
	err := chunks(ctx, b.dataplane.Flows, func(rows []dataplane.FlowRow) bool {
		found.add(rows)
		return !found.done()
	})
	if err != nil {
		return control.FlowReport{}, err
	}
	return found.report(), nil
}

// ClearFlows takes the flows that a filter selects out of the table.
func (b *backend) ClearFlows(_ context.Context, request control.ClearFlowsRequest) (control.ClearFlowsResult, error) {
	if err := b.knowsWire("clear connections", request.Wire); err != nil {
		return control.ClearFlowsResult{}, err
	}
	count, err := b.dataplane.ClearFlows(request.FlowFilter)
	return control.ClearFlowsResult{Cleared: count}, err
}

// Servers reads what is known of servers.
func (b *backend) Servers(ctx context.Context, query control.ServerQuery) (control.ServerReport, error) {
	report := control.ServerReport{Servers: []dataplane.Server{}}
	err := chunks(ctx, b.dataplane.Servers, func(rows []dataplane.Server) bool {
		for _, row := range rows {
			if query.Matches(row) {
				report.Servers = append(report.Servers, row)
			}
		}
		return true
	})
	if err != nil {
		return control.ServerReport{}, err
	}
	slices.SortFunc(report.Servers, func(a, b dataplane.Server) int {
		return cmp.Or(cmp.Compare(a.Zone, b.Zone), a.Address.Compare(b.Address))
	})
	return report, nil
}

// ClearServers forgets what was learned of servers.
func (b *backend) ClearServers(context.Context) (control.ClearServersResult, error) {
	count, err := b.dataplane.ClearServers()
	return control.ClearServersResult{Cleared: count}, err
}
