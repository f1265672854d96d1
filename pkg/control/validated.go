package control

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"

	"synscreen/pkg/dataplane"
)

// ValidatedQuery asks for validated clients. What is zero selects nothing.
type ValidatedQuery struct {
	Zone   string
	Client netip.Prefix
	Server netip.Prefix
}

// Matches says whether a client is among those asked for.
func (q ValidatedQuery) Matches(row dataplane.ValidatedClient) bool {
	return (q.Zone == "" || q.Zone == row.Zone) &&
		(!q.Client.IsValid() || q.Client.Contains(row.Client)) &&
		(!q.Server.IsValid() || q.Server.Contains(row.Destination.Addr()))
}

// ValidatedReport is who is validated, sorted by zone, client and destination.
type ValidatedReport struct {
	Clients []dataplane.ValidatedClient `json:"clients"`
	Totals  dataplane.ValidatedTotals   `json:"totals"`
}

// ClearValidatedRequest names a zone; empty: all.
type ClearValidatedRequest struct {
	Zone string `json:"zone"`
}

// ClearValidatedResult says which zone's clients are forgotten; empty: all.
type ClearValidatedResult struct {
	Zone string `json:"zone"`
}

// Validated asks for validated clients.
func (c *Client) Validated(ctx context.Context, query ValidatedQuery) (ValidatedReport, error) {
	values := url.Values{}
	setPrefix(values, "client", query.Client)
	setPrefix(values, "server", query.Server)
	if query.Zone != "" {
		values.Set("zone", query.Zone)
	}
	return ask[ValidatedReport](ctx, c, http.MethodGet, "/v1/validated?"+values.Encode(), nil)
}

// ClearValidated asks to forget validated clients.
func (c *Client) ClearValidated(ctx context.Context, request ClearValidatedRequest) (ClearValidatedResult, error) {
	return post[ClearValidatedResult](ctx, c, "/v1/clear-validated", request)
}

func readValidatedQuery(_ http.ResponseWriter, r *http.Request) (ValidatedQuery, error) {
	values := r.URL.Query()
	query := ValidatedQuery{Zone: values.Get("zone")}
	if err := readPrefix(values, "client", &query.Client); err != nil {
		return query, err
	}
	return query, readPrefix(values, "server", &query.Server)
}
