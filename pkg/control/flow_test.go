package control

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"synscreen/pkg/dataplane"
)

// sessions is what a backend has of connections and servers, and what it was asked of them.
type sessions struct {
	flows       FlowReport
	query       FlowQuery
	clearing    ClearFlowsRequest
	servers     ServerReport
	serverQuery ServerQuery

	validated      ValidatedReport
	validatedQuery ValidatedQuery
}

func (s *sessions) Flows(_ context.Context, query FlowQuery) (FlowReport, error) {
	s.query = query
	return s.flows, nil
}

func (s *sessions) ClearFlows(_ context.Context, request ClearFlowsRequest) (ClearFlowsResult, error) {
	s.clearing = request
	return ClearFlowsResult{Cleared: len(s.flows.Flows)}, nil
}

func (s *sessions) Servers(_ context.Context, query ServerQuery) (ServerReport, error) {
	s.serverQuery = query
	return s.servers, nil
}

func (s *sessions) ClearServers(context.Context) (ClearServersResult, error) {
	return ClearServersResult{Cleared: len(s.servers.Servers)}, nil
}

func (s *sessions) Validated(_ context.Context, query ValidatedQuery) (ValidatedReport, error) {
	s.validatedQuery = query
	return s.validated, nil
}

func (s *sessions) ClearValidated(_ context.Context, request ClearValidatedRequest) (ClearValidatedResult, error) {
	return ClearValidatedResult(request), nil
}

// everyFilter says all that a filter can say.
func everyFilter() dataplane.FlowFilter {
	return dataplane.FlowFilter{
		Client: netip.MustParsePrefix("192.0.2.0/24"), Server: netip.MustParsePrefix("2001:db8::/32"),
		ClientPort: 1000, ServerPort: 443,
		States: []dataplane.FlowState{dataplane.FlowOpen, dataplane.FlowSpliced}, Wire: "a wire & more",
	}
}

func TestClientReadsWhatTheBackendSaysOfConnections(t *testing.T) {
	backend := &canned{sessions: sessions{flows: FlowReport{Matched: 9, Flows: []dataplane.FlowRow{{
		Client: netip.MustParseAddrPort("192.0.2.1:1000"), Server: netip.MustParseAddrPort("[2001:db8::1]:80"),
		State: dataplane.FlowSpliced,
	}}}}}
	client, ctx := start(t, backend), t.Context()
	for _, query := range []FlowQuery{
		{Limit: 7, FlowFilter: everyFilter(), Summary: true},
		{Limit: 0, FlowFilter: dataplane.FlowFilter{Client: netip.MustParsePrefix("::/0")}},
	} {
		flows, err := client.Flows(ctx, query)
		same(t, "flows", backend.flows, flows, err)
		same(t, "query", query, backend.query, nil)
	}
	for _, request := range []ClearFlowsRequest{{FlowFilter: everyFilter()}, {All: true}} {
		cleared, err := client.ClearFlows(ctx, request)
		same(t, "cleared", ClearFlowsResult{Cleared: 1}, cleared, err)
		same(t, "request", request, backend.clearing, nil)
	}
}

func TestClientReadsWhatTheBackendSaysOfServers(t *testing.T) {
	scale, idle := uint8(0), 3*time.Second
	backend := &canned{sessions: sessions{servers: ServerReport{Servers: []dataplane.Server{
		{
			Zone: "untrust", Address: netip.MustParseAddrPort("203.0.113.1:443"),
			MSS:         dataplane.Said[uint16]{Value: 1460, From: dataplane.Learned},
			WindowScale: dataplane.Said[*uint8]{Value: &scale, From: dataplane.Configured},
			SACK:        dataplane.Said[bool]{Value: true}, Idle: &idle, ForgottenIn: time.Hour,
		},
		{Address: netip.MustParseAddrPort("[2001:db8::1]:25"), Closed: true},
	}}}}
	client, ctx := start(t, backend), t.Context()
	for _, query := range []ServerQuery{{}, {Server: netip.MustParsePrefix("203.0.113.0/24")}} {
		servers, err := client.Servers(ctx, query)
		same(t, "servers", backend.servers, servers, err)
		same(t, "query", query, backend.serverQuery, nil)
	}
	cleared, err := client.ClearServers(ctx)
	same(t, "cleared", ClearServersResult{Cleared: 2}, cleared, err)
}

func TestServerQueryMatchesByPrefix(t *testing.T) {
	server := dataplane.Server{Address: netip.MustParseAddrPort("203.0.113.1:443")}
	for text, want := range map[string]bool{"203.0.113.0/24": true, "203.0.112.0/24": false, "::/0": false} {
		if got := (ServerQuery{Server: netip.MustParsePrefix(text)}).Matches(server); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
	if !(ServerQuery{}).Matches(server) {
		t.Error("without a prefix: no")
	}
}

func TestQuestionsOfConnectionsThatCannotBeReadAreRefused(t *testing.T) {
	handler := Handler(&canned{})
	const which = `{"error":"clear connections: say which, or that all are meant"}`
	for _, test := range []struct{ method, target, body, want string }{
		{"GET", "/v1/flows?limit=-1", "", `{"error":"limit \"-1\": not a number from 0 to 100000"}`},
		{"GET", "/v1/flows?server=y&client=x", "",
			`{"error":"client \"x\": not a prefix such as 192.0.2.0/24\nserver \"y\": not a prefix such as 192.0.2.0/24"}`},
		{"GET", "/v1/flows?client-port=0&server-port=65536", "",
			`{"error":"client-port \"0\": not a port from 1 to 65535\nserver-port \"65536\": not a port from 1 to 65535"}`},
		{"GET", "/v1/flows?state=open&state=shut", "",
			`{"error":"read flow state: \"shut\" is none of [none half-open open pending spliced closed]"}`},
		{"GET", "/v1/servers?server=x", "", `{"error":"server \"x\": not a prefix such as 192.0.2.0/24"}`},
		{"POST", "/v1/clear-flows", `{}`, which},
		{"POST", "/v1/clear-flows", `{"all":true,"wire":"w1"}`, which},
		{"POST", "/v1/clear-flows", `{`, `{"error":"read the request to clear: unexpected end of JSON input"}`},
	} {
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, httptest.NewRequest(test.method, test.target, strings.NewReader(test.body)))
		if got := strings.TrimSpace(recorder.Body.String()); recorder.Code != http.StatusBadRequest || got != test.want {
			t.Errorf("%s %s: status %d, body %s", test.target, test.body, recorder.Code, got)
		}
	}
}
