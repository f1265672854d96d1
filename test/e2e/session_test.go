package e2e

import (
	"fmt"
	"strings"
	"testing"

	"synscreen/pkg/control"
	"synscreen/pkg/dataplane"
	"synscreen/test/lab"
)

// matching counts the connections that a filter selects.
func (d *daemon) matching(t testing.TB, filter string) uint64 {
	t.Helper()
	var report control.FlowReport
	d.show(t, &report, strings.Fields("security flow session summary "+filter)...)
	return report.Matched
}

// wantMatching asserts how many connections some filters select.
func (d *daemon) wantMatching(t testing.TB, counts map[string]uint64) {
	t.Helper()
	for filter, want := range counts {
		if got := d.matching(t, filter); got != want {
			t.Errorf("%q selects %d connections, want %d", filter, got, want)
		}
	}
}

// wantCleared asserts how many connections are cleared.
func (d *daemon) wantCleared(t testing.TB, filter string, want int) {
	t.Helper()
	var result control.ClearFlowsResult
	d.read(t, &result, strings.Fields("clear security flow session "+filter)...)
	if result.Cleared != want {
		t.Errorf("clear %s: %d connections, want %d", filter, result.Cleared, want)
	}
}

// startIdle opens a connection over each family on which nothing is said after the server's greeting.
func startIdle(t testing.TB, d *daemon, state dataplane.FlowState) []*lab.Process {
	t.Helper()
	var clients []*lab.Process
	for _, family := range families {
		url := strings.Replace(lab.URL(family, contentPort+1, ""), "http", "telnet", 1)
		client, err := d.lab.Client.Start(curl("-N", "-m", "60", url)...)
		if err != nil {
			t.Fatal(err)
		}
		d.wait(t, "a greeting", func() (bool, error) { return client.Stdout() == "hello\n", nil })
		clients = append(clients, client)
	}
	d.wantMatching(t, map[string]uint64{"state " + state.String(): uint64(len(families))})
	return clients
}

func TestConnectionsAreShownAndClearedByWhatSelectsThem(t *testing.T) {
	t.Parallel()
	w := lab.WireForTest(t, lab.WireOptions{})
	startContent(t, w)
	d := startDaemon(t, w, configuration{}, noLearning)
	clients := startIdle(t, d, dataplane.FlowOpen)
	d.wantMatching(t, map[string]uint64{
		"":                      2,
		"destination-port 8081": 2, "destination-port 8080": 0, "source-port 8081": 0,
		"destination-prefix 203.0.113.0/24": 1, "source-prefix " + lab.SpoofedPrefix6: 1, "source-prefix ::/0": 1,
		"state open": 2, "state half-open,spliced": 0, "wire w1": 2,
		"wire w1 state open source-prefix " + lab.ClientAddr4(0): 1,
	})
	for words, want := range map[string]string{
		"show security flow session wire w9":  "no such wire; the wires are [w1]",
		"clear security flow session wire w9": "no such wire; the wires are [w1]",
		"clear security flow session":         "clear which connections? Name a filter, or `all`",
	} {
		if _, err := d.synscreen(t.Context(), strings.Fields(words)...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %s", words, err, want)
		}
	}
	for _, filter := range []string{
		"destination-port 8080", "source-port 8081", "state spliced,half-open", "source-prefix 203.0.113.0/24",
		"destination-prefix " + lab.ClientAddr6(0), "wire w1 destination-port 80",
	} {
		d.wantCleared(t, filter, 0)
	}
	d.wantCleared(t, fmt.Sprintf("destination-prefix %s source-prefix %s destination-port %d state open,spliced wire w1",
		lab.ServerAddr6, lab.SpoofedPrefix6, contentPort+1), 1)
	d.wantMatching(t, map[string]uint64{"": 1, "destination-prefix " + lab.ServerAddr4: 1})
	d.wantSaid(t, "clear security flow session all", "1 connection is cleared")
	d.wantMatching(t, map[string]uint64{"": 0})

	before := frames(t, d.status(t), lab.OuterDev, "drop_no_flow")
	for _, client := range clients {
		if err := client.Kill(); err != nil { // its kernel says goodbye
			t.Error(err)
		}
	}
	d.waitStatus(t, "dropped segments of both", func(s dataplane.Status) bool {
		return frames(t, s, lab.OuterDev, "drop_no_flow") >= before+uint64(len(clients))
	})
}

func TestClearingASplicedConnectionCutsItOff(t *testing.T) {
	t.Parallel()
	w := lab.WireForTest(t, lab.WireOptions{})
	startContent(t, w)
	d := startDaemon(t, w, configuration{always: true}, noLearning)
	clients := startIdle(t, d, dataplane.FlowSpliced)
	d.wantCleared(t, "state open,half-open,pending,closed", 0)
	d.wantCleared(t, "state spliced destination-prefix 203.0.113.0/24", 1)
	d.wantMatching(t, map[string]uint64{"": 1, "destination-prefix " + lab.ServerAddr6: 1})
	d.wantCleared(t, "all", 1)
	d.wantMatching(t, map[string]uint64{"": 0})
	before := d.status(t)
	for _, client := range clients {
		if err := client.Kill(); err != nil {
			t.Error(err)
		}
	}
	d.waitStatus(t, "dropped segments of both", func(s dataplane.Status) bool {
		return frames(t, s, lab.OuterDev, "drop_cookie_invalid") >=
			frames(t, before, lab.OuterDev, "drop_cookie_invalid")+uint64(len(clients))
	})
	for _, family := range families {
		if err := fetch(t.Context(), w, family, mega); err != nil {
			t.Error(err)
		}
	}
}
