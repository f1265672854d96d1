package cli

import (
	"context"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"synscreen/pkg/control"
	"synscreen/pkg/dataplane"
)

// sessions is what a daemon has of connections and servers, and what it was asked of them.
type sessions struct {
	flows       control.FlowReport
	servers     control.ServerReport
	query       control.FlowQuery
	serverQuery control.ServerQuery
	clearing    control.ClearFlowsRequest
	cleared     int

	validated      control.ValidatedReport
	validatedQuery control.ValidatedQuery
}

func (s *sessions) Flows(_ context.Context, query control.FlowQuery) (control.FlowReport, error) {
	s.query = query
	return s.flows, nil
}

func (s *sessions) ClearFlows(_ context.Context, request control.ClearFlowsRequest) (control.ClearFlowsResult, error) {
	s.clearing = request
	return control.ClearFlowsResult{Cleared: s.cleared}, nil
}

func (s *sessions) Servers(_ context.Context, query control.ServerQuery) (control.ServerReport, error) {
	s.serverQuery = query
	return s.servers, nil
}

func (s *sessions) ClearServers(context.Context) (control.ClearServersResult, error) {
	return control.ClearServersResult{Cleared: s.cleared}, nil
}

func (s *sessions) Validated(_ context.Context, query control.ValidatedQuery) (control.ValidatedReport, error) {
	s.validatedQuery = query
	return s.validated, nil
}

func (s *sessions) ClearValidated(_ context.Context, request control.ClearValidatedRequest) (control.ClearValidatedResult, error) {
	return control.ClearValidatedResult(request), nil
}

func TestShowSessionPrintsFlows(t *testing.T) {
	socket := serve(t, &canned{sessions: sessions{flows: control.FlowReport{
		Flows: []dataplane.FlowRow{
			{
				Client: netip.MustParseAddrPort("192.0.2.1:1000"), Server: netip.MustParseAddrPort("198.51.100.1:80"),
				Wire: "w1", State: dataplane.FlowSpliced, Age: 90 * time.Second, Idle: time.Second,
				Timeout: time.Hour, FinClient: true,
			},
			{
				Client: netip.MustParseAddrPort("[2001:db8::1]:1000"), Server: netip.MustParseAddrPort("[2001:db8::2]:80"),
				Wire: "w1", State: dataplane.FlowOpen, OuterVLAN: 10, InnerVLAN: 20,
			},
		},
		Matched: 2, Truncated: true,
		States: []control.StateCount{{State: dataplane.FlowOpen, Flows: 7}},
	}}})
	expect(t, outcome{Stdout: `Client              Server            Wire  VLAN   State    Closing  Age    Idle  Timeout
192.0.2.1:1000      198.51.100.1:80   w1    -      spliced  client   1m30s  1s    1h0m0s
[2001:db8::1]:1000  [2001:db8::2]:80  w1    10.20  open     -        0s     0s    0s
... and more: only 2 are shown, see --limit and --summary
`}, "show", "security", "flow", "session", "--control-socket", socket)
	for _, word := range []string{"--summary", "summary"} {
		expect(t, outcome{Stdout: "State  Connections\nopen   7\ntotal  2\n"},
			"show", "security", "flow", "session", word, "--control-socket", socket)
	}
}

// filtered are ways to write filters, and what they say.
func filtered() map[string]dataplane.FlowFilter {
	prefix := netip.MustParsePrefix
	all := dataplane.FlowFilter{
		Client: prefix("192.0.2.0/24"), Server: prefix("2001:db8::1/128"), ClientPort: 1000, ServerPort: 443,
		States: []dataplane.FlowState{dataplane.FlowOpen, dataplane.FlowHalfOpen, dataplane.FlowSpliced}, Wire: "w1",
	}
	return map[string]dataplane.FlowFilter{
		"--client 192.0.2.0/24 --server 2001:db8::1 --source-port 1000 --destination-port 443 " +
			"--state open,half-open --state spliced --wire w1": all,
		"source-prefix 192.0.2.0/24 destination-prefix 2001:db8::1 source-port 1000 destination-port 443 " +
			"state open state half-open,spliced wire w1": all,
		"destination-port 443 --source-port 1000 --source-prefix 192.0.2.0/24 --destination-prefix 2001:db8::1 " +
			"wire w1 --state open,half-open,spliced": all,
		"source-prefix 192.0.2.7/24":   {Client: prefix("192.0.2.0/24")},
		"--destination-port 443":       {ServerPort: 443},
		"state closed":                 {States: []dataplane.FlowState{dataplane.FlowClosed}},
		"destination-prefix 192.0.2.1": {Server: prefix("192.0.2.1/32")},
	}
}

func samePrefix() cmp.Option { return cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }) }

func TestSessionFiltersAreFlagsOrWords(t *testing.T) {
	backend := &canned{sessions: sessions{cleared: 2}}
	socket := serve(t, backend)
	for text, want := range filtered() {
		args := append(strings.Fields(text), "--control-socket", socket)
		if got := command(t, append([]string{"show", "security", "flow", "session"}, args...)...); got.Code != 0 {
			t.Errorf("show %s: %+v", text, got)
		}
		if diff := cmp.Diff(control.FlowQuery{FlowFilter: want, Limit: 1000}, backend.query, samePrefix()); diff != "" {
			t.Errorf("show %s (-want +got):\n%s", text, diff)
		}
		expect(t, outcome{Stdout: "2 connections are cleared\n"},
			append([]string{"clear", "security", "flow", "session"}, args...)...)
		if diff := cmp.Diff(control.ClearFlowsRequest{FlowFilter: want}, backend.clearing, samePrefix()); diff != "" {
			t.Errorf("clear %s (-want +got):\n%s", text, diff)
		}
	}
}

func TestSummaryCountsWhatTheFilterSelects(t *testing.T) {
	backend := &canned{}
	socket := serve(t, backend)
	command(t, "show", "security", "flow", "session", "summary", "destination-port", "443", "--limit", "5",
		"--control-socket", socket)
	want := control.FlowQuery{FlowFilter: dataplane.FlowFilter{ServerPort: 443}, Summary: true}
	if diff := cmp.Diff(want, backend.query, samePrefix()); diff != "" {
		t.Errorf("query (-want +got):\n%s", diff)
	}
}

func TestClearOfAllConnectionsTakesTheWord(t *testing.T) {
	backend := &canned{sessions: sessions{cleared: 1}}
	socket := serve(t, backend)
	for _, word := range []string{"all", "--all"} {
		backend.clearing = control.ClearFlowsRequest{}
		expect(t, outcome{Stdout: "1 connection is cleared\n"},
			"clear", "security", "flow", "session", word, "--control-socket", socket)
		if diff := cmp.Diff(control.ClearFlowsRequest{All: true}, backend.clearing, samePrefix()); diff != "" {
			t.Errorf("request (-want +got):\n%s", diff)
		}
	}
	expect(t, outcome{Stdout: "{\n  \"cleared\": 1\n}\n"},
		"clear", "security", "flow", "session", "all", "--json", "--control-socket", socket)
}

func TestFiltersThatSayNothingOrNonsenseAreErrorsOfUsage(t *testing.T) {
	clear := []string{"clear", "security", "flow", "session"}
	show := []string{"show", "security", "flow", "session"}
	for _, test := range []struct {
		command []string
		words   string
		want    string
	}{
		{clear, "", "clear which connections? Name a filter, or `all`"},
		{clear, "all --wire w1", "`all` and a filter contradict each other"},
		{clear, "summary", `unknown word "summary": one of all, source-prefix, destination-prefix, source-port, ` +
			"destination-port, state, wire is known"},
		{show, "all", `unknown word "all": one of summary, source-prefix, destination-prefix, source-port, ` +
			"destination-port, state, wire is known"},
		{show, "client 192.0.2.1", `unknown word "client": one of summary, source-prefix, destination-prefix, ` +
			"source-port, destination-port, state, wire is known"},
		{show, "source-port", `"source-port" needs one more word`},
		{show, "source-port 0", `source-port "0": from 1 to 65535 is possible`},
		{show, "--destination-port 65536",
			`invalid argument "65536" for "--destination-port" flag: from 1 to 65535 is possible`},
		{show, "state shut", `state "shut": one of half-open, open, pending, spliced, closed is known`},
		{show, "state none", `state "none": one of half-open, open, pending, spliced, closed is known`},
		{show, "source-prefix x", `source-prefix "x": not a prefix such as 192.0.2.0/24`},
	} {
		expectUsage(t, test.want, append(append([]string{}, test.command...), strings.Fields(test.words)...)...)
	}
}

// sampleServers are one that is known, and one that has refused the first connection.
func sampleServers() []dataplane.Server {
	scale, assumed, idle := uint8(9), uint8(7), 3*time.Second
	return []dataplane.Server{
		{
			Zone: "untrust", Address: netip.MustParseAddrPort("203.0.113.10:443"),
			MSS:         dataplane.Said[uint16]{Value: 1460, From: dataplane.Learned},
			WindowScale: dataplane.Said[*uint8]{Value: &scale, From: dataplane.Configured},
			SACK:        dataplane.Said[bool]{From: dataplane.Configured},
			Timestamps:  dataplane.Said[bool]{Value: true, From: dataplane.Learned},
			ECN:         dataplane.Said[bool]{From: dataplane.Assumed},
			Window:      dataplane.Said[uint16]{Value: 64240, From: dataplane.Learned},
			Idle:        &idle, ForgottenIn: 4*time.Hour - idle,
		},
		{
			Zone: "untrust", Address: netip.MustParseAddrPort("[2001:db8:113::10]:25"),
			MSS:         dataplane.Said[uint16]{Value: 1440},
			WindowScale: dataplane.Said[*uint8]{Value: &assumed},
			SACK:        dataplane.Said[bool]{Value: true},
			Timestamps:  dataplane.Said[bool]{Value: true}, Closed: true,
		},
	}
}

const serverTable = `Zone     Server                 MSS     Window scale  SACK   Timestamps  ECN   Window   Last seen  Forgotten in  State
untrust  203.0.113.10:443       1460 l  9 c           no c   yes l       no a  64240 l  3s ago     3h59m57s      answers
untrust  [2001:db8:113::10]:25  1440 a  7 a           yes a  yes a       no a  -        -          -             closed
l: learned from its SYN-ACKs, c: configured, a: assumed
`

func TestShowServerProfileTellsWhereEachThingIsFrom(t *testing.T) {
	backend := &canned{sessions: sessions{servers: control.ServerReport{Servers: sampleServers()}}}
	socket := serve(t, backend)
	ask := []string{"show", "security", "flow", "server-profile", "--control-socket", socket}
	expect(t, outcome{Stdout: serverTable}, ask...)
	expect(t, outcome{Stdout: serverTable}, append(ask, "--server", "203.0.113.0/24")...)
	if want := netip.MustParsePrefix("203.0.113.0/24"); backend.serverQuery.Server != want {
		t.Errorf("asked for %s", backend.serverQuery.Server)
	}
}

func TestShowServerProfileOfAServerWithoutWindowScalingSaysNone(t *testing.T) {
	row := sampleServers()[0]
	row.WindowScale = dataplane.Said[*uint8]{From: dataplane.Learned}
	socket := serve(t, &canned{sessions: sessions{servers: control.ServerReport{Servers: []dataplane.Server{row}}}})
	got := command(t, "show", "security", "flow", "server-profile", "--control-socket", socket)
	if !strings.Contains(got.Stdout, "  none l  ") {
		t.Errorf("%+v", got)
	}
}

func TestOperationPageShowsWhatTheCommandsPrint(t *testing.T) {
	page, err := os.ReadFile("../../docs/operation.md")
	if err != nil {
		t.Fatal(err)
	}
	socket := serve(t, &canned{sessions: sessions{cleared: 1, flows: control.FlowReport{
		Flows: []dataplane.FlowRow{{
			Client: netip.MustParseAddrPort("198.51.100.7:40000"), Server: netip.MustParseAddrPort("203.0.113.1:443"),
			Wire: "w1", State: dataplane.FlowSpliced, Age: 90 * time.Second, Idle: time.Second, Timeout: 4 * time.Hour,
		}},
	}, servers: control.ServerReport{Servers: sampleServers()}}})
	for _, line := range []string{
		"show security flow session destination-prefix 203.0.113.1 state spliced",
		"clear security flow session source-prefix 198.51.100.0/24",
		"show security flow server-profile",
	} {
		got := command(t, append(strings.Fields(line), "--control-socket", socket)...)
		if want := "# synscreen " + line + "\n" + got.Stdout; got.Code != 0 || !strings.Contains(string(page), want) {
			t.Errorf("the page does not show\n%s%s", want, got.Stderr)
		}
	}
}

func TestClearServerProfileTellsHowMany(t *testing.T) {
	backend := &canned{sessions: sessions{cleared: 2}}
	socket := serve(t, backend)
	ask := []string{"clear", "security", "flow", "server-profile", "--control-socket", socket}
	expect(t, outcome{Stdout: "what was learned of 2 servers is forgotten\n"}, ask...)
	expect(t, outcome{Stdout: "{\n  \"cleared\": 2\n}\n"}, append(ask, "--json")...)
	backend.cleared = 1
	expect(t, outcome{Stdout: "what was learned of 1 server is forgotten\n"}, ask...)
}
