package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"synscreen/pkg/control"
	"synscreen/pkg/dataplane"
	"synscreen/test/lab"
)

const bulk = 100 << 20

// wantSpliced asserts that n connections have been challenged and spliced since before.
func wantSpliced(t testing.TB, d *daemon, before dataplane.Status, n uint64) {
	t.Helper()
	name := before.Zones[len(before.Zones)-1].Name // untrust comes after trust
	var after dataplane.Status
	d.waitStatus(t, fmt.Sprintf("%d spliced connections", n), func(s dataplane.Status) bool {
		after = s
		return s.Splices.Opened-before.Splices.Opened >= n
	})
	valid := zone(t, after, name).CookiesValid - zone(t, before, name).CookiesValid
	opened := after.Splices.Opened - before.Splices.Opened
	if valid != n || opened != n {
		t.Errorf("%d cookies were valid and %d splices opened, want %d of each", valid, opened, n)
	}
	challenged := frames(t, after, lab.OuterDev, "reply_challenge") -
		frames(t, before, lab.OuterDev, "reply_challenge")
	if challenged < n {
		t.Errorf("%d challenges were sent for %d connections", challenged, n)
	}
}

// transferBulk moves 100 MB down and up over both families, each on a connection of its own.
func transferBulk(t *testing.T, w *lab.WireLab) (connections uint64) {
	t.Helper()
	for _, family := range families {
		if err := fetch(t.Context(), w, family, bulk); err != nil {
			t.Error(err)
		}
		if err := upload(t.Context(), w, family, bulk); err != nil {
			t.Error(err)
		}
		connections += 2
	}
	return connections
}

func TestBulkTransfersThroughSplicedFlowsUnderFloodKeepTheirChecksums(t *testing.T) {
	t.Parallel()
	w := lab.WireForTest(t, lab.WireOptions{ChecksumOn: true})
	startContent(t, w)
	d := startDaemon(t, w, configuration{}, noLearning)
	startFloods(t, w, d, contentPort, families...)
	before := d.status(t)
	wantSpliced(t, d, before, transferBulk(t, w))
	wantChecksumOffloadOn(t, w)
}

func TestBulkTransfersInsideAVLANKeepTheirChecksumsAndEveryFrameItsTag(t *testing.T) {
	t.Parallel()
	w := lab.WireForTest(t, lab.WireOptions{VLAN: 7, ChecksumOn: true})
	startContent(t, w)
	d := startDaemon(t, w, configuration{}, noLearning)
	startFloods(t, w, d, contentPort, families...)
	before := d.status(t)
	ends := []*lab.Namespace{w.Client, w.Server}
	var untagged []uint64 // the engine's own probe frames
	for _, n := range ends {
		untagged = append(untagged, count(t, n.ReadUntagged))
	}
	wantSpliced(t, d, before, transferBulk(t, w))
	wantChecksumOffloadOn(t, w)
	for i, n := range ends {
		if tagged := count(t, n.ReadTagged); tagged < 2*bulk/1500 {
			t.Errorf("%s: %d tagged frames came in, want at least %d", n.Name, tagged, 2*bulk/1500)
		}
		if lost := count(t, n.ReadUntagged) - untagged[i]; lost != 0 {
			t.Errorf("%s: %d frames came in without their tag", n.Name, lost)
		}
	}
}

// count reads a counter of an end's device.
func count(t testing.TB, read func(context.Context, string) (uint64, error)) uint64 {
	t.Helper()
	n, err := read(t.Context(), lab.EndDev)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// wantChecksumOffloadOn asserts that the ends left checksums to be completed by the wire.
func wantChecksumOffloadOn(t testing.TB, w *lab.WireLab) {
	t.Helper()
	for _, n := range []*lab.Namespace{w.Client, w.Server} {
		out, err := n.Run(t.Context(), "ethtool", "-k", lab.EndDev)
		if err != nil || !strings.Contains(out, "tx-checksumming: on") {
			t.Errorf("%s: TX checksum offload is not on: %v\n%s", n.Name, err, out)
		}
	}
}

func TestShortConnectionsInParallelUnderFloodAllSucceedEachChallenged(t *testing.T) {
	t.Parallel()
	const each = 300
	w := lab.WireForTest(t, lab.WireOptions{})
	startNginx(t, w)
	d := startDaemon(t, w, configuration{}, noLearning)
	startFloods(t, w, d, 80, families...)
	before := d.status(t)
	for _, family := range families {
		out, err := w.Client.Run(t.Context(), curl("-Z", "--parallel-immediate", "--parallel-max", "50",
			"-m", "20", "-H", "Connection: close", "-o", "/dev/null",
			"-w", "%{http_code} %{num_connects}\n",
			lab.URL(family, 80, fmt.Sprintf("/index.html?[1-%d]", each)))...)
		if got := strings.Count(out, "200 1\n"); err != nil || got != each {
			t.Errorf("IPv%d: %d of %d requests succeeded on a connection of their own: %v", family, got,
				each, err)
		}
	}
	wantSpliced(t, d, before, 2*each)
	if flooding := zone(t, d.status(t), "untrust").Flooding; flooding == 0 {
		t.Error("the flood was over before the connections were")
	}
}

// dropSYNs makes the server's kernel deaf to new connections on a port until hear is called.
func dropSYNs(t testing.TB, w *lab.WireLab, port int) (hear func()) {
	t.Helper()
	_, err := w.Server.Run(t.Context(), "nft", fmt.Sprintf("table inet deaf { chain arrivals { "+
		"type filter hook prerouting priority -300; tcp dport %d tcp flags syn / fin,syn,rst,ack drop; }; }", port))
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		if _, err := w.Server.Run(t.Context(), "nft", "delete table inet deaf"); err != nil {
			t.Fatal(err)
		}
	}
}

// passiveOpens is how many connections the server's kernel has accepted.
func passiveOpens(t testing.TB, w *lab.WireLab) (n uint64) {
	t.Helper()
	out, err := w.Server.Run(t.Context(), "nstat", "-saz", "TcpPassiveOpens")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out) {
		if _, err := fmt.Sscanf(line, "TcpPassiveOpens %d", &n); err == nil {
			return n
		}
	}
	t.Fatalf("no TcpPassiveOpens in %q", out)
	return 0
}

func TestEarlyRequestIsHeldUntilTheServerAnswersAndDeliveredOnceInOrder(t *testing.T) {
	t.Parallel()
	w := lab.WireForTest(t, lab.WireOptions{})
	startContent(t, w)
	d := startDaemon(t, w, configuration{always: true}, noLearning)
	for _, family := range families {
		before, opened := d.status(t), passiveOpens(t, w)
		hear := dropSYNs(t, w, contentPort)
		// the whole request fits into an initial window, so all of it is early
		client, err := w.Client.StartRole("request", lab.URL(family, contentPort, "/sum"), "12000")
		if err != nil {
			t.Fatal(err)
		}
		d.waitStatus(t, "held frames", func(s dataplane.Status) bool { return s.Splices.HeldFrames >= 9 })
		hear()
		if err := client.Wait(t.Context()); err != nil {
			t.Fatalf("IPv%d: %v", family, err)
		}
		if got := strings.TrimSpace(client.Stdout()); got != lab.ContentSum(12000) {
			t.Errorf("IPv%d: the server summed %q, want %s", family, got, lab.ContentSum(12000))
		}
		wantSpliced(t, d, before, 1)
		if n := passiveOpens(t, w) - opened; n != 1 {
			t.Errorf("IPv%d: the server accepted %d connections, want 1", family, n)
		}
		d.waitStatus(t, "no held frames", func(s dataplane.Status) bool { return s.Splices.HeldFrames == 0 })
	}
}

func TestServerThatSpeaksFirstIsHeardThroughASplice(t *testing.T) {
	t.Parallel()
	w := lab.WireForTest(t, lab.WireOptions{})
	startContent(t, w)
	d := startDaemon(t, w, configuration{always: true}, noLearning)
	before := d.status(t)
	for _, family := range families {
		url := strings.Replace(lab.URL(family, contentPort+1, ""), "http", "telnet", 1)
		// nobody ends such a connection: the limit does
		out, _ := w.Curl(t.Context(), url, 1)
		if out != "hello\n" {
			t.Errorf("IPv%d: greeted with %q", family, out)
		}
	}
	wantSpliced(t, d, before, uint64(len(families)))
}

func TestClosedPortBehindTheScreenResetsTheClientPromptly(t *testing.T) {
	t.Parallel()
	w := lab.WireForTest(t, lab.WireOptions{})
	startDaemon(t, w, configuration{always: true}, noLearning)
	for _, family := range families {
		_, err := w.Curl(t.Context(), lab.URL(family, 81, "/"), 3)
		wantReset(t, err)
	}
}

// wantReset asserts that curl was told that the connection is not to be.
func wantReset(t testing.TB, err error) {
	t.Helper()
	for _, told := range []string{"curl: (7)", "curl: (56)", "curl: (55) getpeername() failed with errno 107"} {
		if err != nil && strings.Contains(err.Error(), told) {
			return
		}
	}
	t.Errorf("curl said %v, want refused (7), reset (56) or reset before it had looked (55)", err)
}

func TestSilentServerAddressResetsTheClientInTheEnd(t *testing.T) {
	t.Parallel()
	const silent4, silent6 = "203.0.113.77", "2001:db8:113::77"
	w := lab.WireForTest(t, lab.WireOptions{})
	d := startDaemon(t, w, configuration{always: true}, noLearning)
	before := d.status(t)
	err := w.Client.IP(t.Context(),
		"route add "+silent4+"/32 dev eth0 src "+lab.ClientAddr4(0),
		"route add "+silent6+"/128 dev eth0 src "+lab.ClientAddr6(0),
		"neigh add "+silent4+" lladdr "+lab.ServerMAC+" dev eth0 nud permanent",
		"neigh add "+silent6+" lladdr "+lab.ServerMAC+" dev eth0 nud permanent")
	if err != nil {
		t.Fatal(err)
	}
	clients := startCurls(t, w, 25, "http://"+silent4+"/", "http://["+silent6+"]/")
	for _, c := range clients {
		wantReset(t, c.Wait(t.Context()))
	}
	if n := d.status(t).Splices.TimedOut - before.Splices.TimedOut; n != uint64(len(clients)) {
		t.Errorf("%d splices timed out, want %d", n, len(clients))
	}
}

// startCurls starts one curl for each URL.
func startCurls(t testing.TB, w *lab.WireLab, seconds int, urls ...string) []*lab.Process {
	t.Helper()
	var all []*lab.Process
	for _, url := range urls {
		p, err := w.Client.Start(curl("-m", fmt.Sprint(seconds), url)...)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

func TestFlowOpenedInCalmGoesOnUndisturbedThroughAFlood(t *testing.T) {
	t.Parallel()
	w := lab.WireForTest(t, lab.WireOptions{})
	startContent(t, w)
	d := startDaemon(t, w, configuration{}, noLearning)
	before := d.status(t)
	transfer := startDownload(t, w)
	startFloods(t, w, d, contentPort, 4)
	transfer.waitMore(t, 10*mega)
	wantOneFlow(t, d, dataplane.FlowOpen)
	transfer.wantComplete(t)
	after := d.status(t)
	if n := zone(t, after, "untrust").CookiesValid; n != 0 {
		t.Errorf("%d cookies were valid: the connection was challenged", n)
	}
	if n := after.Flows.Spliced - before.Flows.Spliced; n != 0 {
		t.Errorf("%d flows were spliced, want none", n)
	}
	if n := frames(t, after, lab.OuterDev, "drop_cookie_invalid"); n != 0 {
		t.Errorf("%d segments of the connection were dropped", n)
	}
}

// wantOneFlow asserts that the client has exactly one connection in the flow table, in a state.
func wantOneFlow(t testing.TB, d *daemon, state dataplane.FlowState) {
	t.Helper()
	var report control.FlowReport
	d.show(t, &report, "security", "flow", "session", "--client", lab.ClientAddr4(0))
	if len(report.Flows) != 1 || report.Flows[0].State != state {
		t.Errorf("flows of the client: %+v, want one that is %s", report.Flows, state)
	}
}
