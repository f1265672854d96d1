package cli

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"synscreen/pkg/control"
	"synscreen/pkg/dataplane"
)

func validatedReport() control.ValidatedReport {
	return control.ValidatedReport{
		Clients: []dataplane.ValidatedClient{
			{Zone: "untrust", Client: netip.MustParseAddr("192.0.2.1"),
				Destination: netip.MustParseAddrPort("203.0.113.1:443"), Left: 89400 * time.Millisecond},
			{Zone: "untrust", Client: netip.MustParseAddr("2001:db8::7"),
				Destination: netip.MustParseAddrPort("[2001:db8::1]:80"), Left: time.Second},
		},
		Totals: dataplane.ValidatedTotals{Inserted: 5, Renewed: 4, Refused: 3, Capacity: 65536},
	}
}

func TestShowValidatedClientsPrintsThem(t *testing.T) {
	backend := &canned{sessions: sessions{validated: validatedReport()}}
	socket := serve(t, backend)
	expect(t, outcome{Stdout: `Zone     Client       Destination       Left
untrust  192.0.2.1    203.0.113.1:443   1m29s
untrust  2001:db8::7  [2001:db8::1]:80  1s
`}, "--control-socket", socket, "show", "security", "flow", "validated-client", "zone", "untrust",
		"--client", "192.0.2.0/24")
	query := control.ValidatedQuery{Zone: "untrust", Client: netip.MustParsePrefix("192.0.2.0/24")}
	if diff := cmp.Diff(query, backend.validatedQuery, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	expect(t, outcome{Stdout: `Validated now     2 of 65536
Validated in all  5
Renewed           4
Refused           3
`}, "--control-socket", socket, "show", "security", "flow", "validated-client", "--summary")
}

func TestClearValidatedClientsTellsWhose(t *testing.T) {
	socket := serve(t, &canned{})
	for words, want := range map[string]string{
		"":    "the validated clients of all zones are forgotten\n",
		"dmz": "the validated clients of zone dmz are forgotten\n",
	} {
		args := []string{"--control-socket", socket, "clear", "security", "flow", "validated-client"}
		if words != "" {
			args = append(args, "zone", words)
		}
		expect(t, outcome{Stdout: want}, args...)
	}
}
