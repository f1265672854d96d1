package control

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"

	"synscreen/pkg/dataplane"
)

// ServerQuery asks what is known of servers. A zero prefix matches every address.
type ServerQuery struct {
	Server netip.Prefix
}

// Matches says whether a server is among those asked for.
func (q ServerQuery) Matches(server dataplane.Server) bool {
	return !q.Server.IsValid() || q.Server.Contains(server.Address.Addr())
}

// ServerReport is what is known, sorted by zone, address and port.
type ServerReport struct {
	Servers []dataplane.Server `json:"servers"`
}

// ClearServersResult says of how many servers something was forgotten.
type ClearServersResult struct {
	Cleared int `json:"cleared"`
}

// Servers asks what is known of servers.
func (c *Client) Servers(ctx context.Context, query ServerQuery) (ServerReport, error) {
	values := url.Values{}
	setPrefix(values, "server", query.Server)
	return ask[ServerReport](ctx, c, http.MethodGet, "/v1/servers?"+values.Encode(), nil)
}

// ClearServers asks to forget what was learned of servers.
func (c *Client) ClearServers(ctx context.Context) (ClearServersResult, error) {
	return post[ClearServersResult](ctx, c, "/v1/clear-servers", struct{}{})
}

func readServerQuery(_ http.ResponseWriter, r *http.Request) (ServerQuery, error) {
	var query ServerQuery
	err := readPrefix(r.URL.Query(), "server", &query.Server)
	return query, err
}
