package control

import (
	"net/netip"
	"testing"
	"time"

	"synscreen/pkg/dataplane"
)

func TestClientReadsWhoIsValidated(t *testing.T) {
	row := dataplane.ValidatedClient{
		Zone: "untrust", Client: netip.MustParseAddr("192.0.2.1"),
		Destination: netip.MustParseAddrPort("[2001:db8::1]:443"), Left: 90 * time.Second,
	}
	report := ValidatedReport{Clients: []dataplane.ValidatedClient{row},
		Totals: dataplane.ValidatedTotals{Inserted: 3, Renewed: 2, Refused: 1, Capacity: 65536}}
	backend := &canned{sessions: sessions{validated: report}}
	client, ctx := start(t, backend), t.Context()
	query := ValidatedQuery{Zone: "a zone", Client: netip.MustParsePrefix("192.0.2.0/24"),
		Server: netip.MustParsePrefix("2001:db8::/32")}
	got, err := client.Validated(ctx, query)
	same(t, "report", report, got, err)
	same(t, "query", query, backend.validatedQuery, nil)
	for _, zone := range []string{"", "dmz"} {
		cleared, err := client.ClearValidated(ctx, ClearValidatedRequest{Zone: zone})
		same(t, "cleared", ClearValidatedResult{Zone: zone}, cleared, err)
	}
}

func TestValidatedQueryMatchesByZoneAndPrefix(t *testing.T) {
	row := dataplane.ValidatedClient{Zone: "untrust", Client: netip.MustParseAddr("192.0.2.1"),
		Destination: netip.MustParseAddrPort("[2001:db8::1]:443")}
	for _, test := range []struct {
		zone, client, server string
		want                 bool
	}{
		{"", "", "", true},
		{"untrust", "192.0.2.0/24", "2001:db8::/32", true},
		{"trust", "", "", false},
		{"", "192.0.3.0/24", "", false},
		{"", "", "192.0.2.0/24", false},
	} {
		query := ValidatedQuery{Zone: test.zone}
		if test.client != "" {
			query.Client = netip.MustParsePrefix(test.client)
		}
		if test.server != "" {
			query.Server = netip.MustParsePrefix(test.server)
		}
		if got := query.Matches(row); got != test.want {
			t.Errorf("%+v: %v", test, got)
		}
	}
}
