package daemon

import (
	"cmp"
	"context"
	"slices"

	"synscreen/pkg/control"
	"synscreen/pkg/dataplane"
)

// Validated is what the daemon needs of userspace.Manager to tell of validated clients, and to forget them.
type Validated interface {
	Validated(cursor uint64, limit int) ([]dataplane.ValidatedClient, uint64, error)
	ClearValidated(zone string) error
}

// Validated reads who is validated.
func (b *backend) Validated(ctx context.Context, query control.ValidatedQuery) (control.ValidatedReport, error) {
	report := control.ValidatedReport{Clients: []dataplane.ValidatedClient{}}
	if err := b.knowsZone("show validated clients", query.Zone); err != nil {
		return report, err
	}
	status, err := b.dataplane.Status()
	if err != nil {
		return report, err
	}
	report.Totals = status.Validated
	err = chunks(ctx, b.dataplane.Validated, func(rows []dataplane.ValidatedClient) bool {
		for _, row := range rows {
			if query.Matches(row) {
				report.Clients = append(report.Clients, row)
			}
		}
		return true
	})
	slices.SortFunc(report.Clients, func(a, b dataplane.ValidatedClient) int {
		return cmp.Or(cmp.Compare(a.Zone, b.Zone), a.Client.Compare(b.Client), a.Destination.Compare(b.Destination))
	})
	return report, err
}

// ClearValidated forgets the validated clients of a zone, or of all.
func (b *backend) ClearValidated(_ context.Context, request control.ClearValidatedRequest) (control.ClearValidatedResult, error) {
	if err := b.knowsZone("clear validated clients", request.Zone); err != nil {
		return control.ClearValidatedResult{}, err
	}
	return control.ClearValidatedResult{Zone: request.Zone}, b.dataplane.ClearValidated(request.Zone)
}
