package e2e

import (
	"fmt"
	"slices"
	"testing"

	"synscreen/pkg/dataplane"
	"synscreen/test/lab"
)

// hostPort is a configuration of a lab without a wire. Who has to be challenged by a safe reset stays
// validated.
func hostPort(c configuration) configuration {
	c.hosts = []string{lab.EndDev}
	c.validated = 120
	return c
}

// tcpExt reads one of the kernel's counters of TCP.
func tcpExt(t testing.TB, n *lab.Namespace, name string) (value uint64) {
	t.Helper()
	out, err := n.Run(t.Context(), "nstat", "-asz", "TcpExt"+name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscanf(out, "#kernel\nTcpExt"+name+" %d", &value); err != nil {
		t.Fatalf("%q: %v", out, err)
	}
	return value
}

// syncookies is what the host's net.ipv4.tcp_syncookies is.
func syncookies(t testing.TB, w *lab.WireLab) (value int) {
	t.Helper()
	out, err := w.Server.Run(t.Context(), "sysctl", "-n", "net.ipv4.tcp_syncookies")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscan(out, &value); err != nil {
		t.Fatal(err)
	}
	return value
}

// hostState is what a host's kernel and engine have counted.
type hostState struct {
	engine         dataplane.Status
	sent, received uint64 // cookies of the kernel's
}

func (d *daemon) hostState(t testing.TB) hostState {
	t.Helper()
	return hostState{d.status(t), tcpExt(t, d.lab.Server, "SyncookiesSent"), tcpExt(t, d.lab.Server, "SyncookiesRecv")}
}

// grown is by how much a counter of the host port has grown since before.
func (s hostState) grown(t testing.TB, before hostState, counter string) uint64 {
	t.Helper()
	return frames(t, s.engine, lab.EndDev, counter) - frames(t, before.engine, lab.EndDev, counter)
}

// wantAdmitted asserts that exactly n connections were challenged and given to their listeners since before,
// and that the kernel's own cookies had no part in it.
func (d *daemon) wantAdmitted(t testing.TB, before hostState, n uint64) {
	t.Helper()
	after := d.hostState(t)
	valid := zone(t, after.engine, "untrust").CookiesValid - zone(t, before.engine, "untrust").CookiesValid
	if admitted := after.grown(t, before, "shim_host_admitted"); valid != n || admitted != n {
		t.Errorf("%d cookies were valid and %d connections admitted, want %d of each", valid, admitted, n)
	}
	if challenged := after.grown(t, before, "reply_challenge"); challenged < n {
		t.Errorf("%d challenges were sent for %d connections", challenged, n)
	}
	for _, counter := range []string{"shim_host_not_admitted", "shim_host_kernel_cookie", "shim_host_calm"} {
		if got := after.grown(t, before, counter); got != 0 {
			t.Errorf("%s grew by %d", counter, got)
		}
	}
	wantNoKernelCookies(t, d.lab, before, after)
	wantNoPasses(t, after.engine)
}

func wantNoKernelCookies(t testing.TB, w *lab.WireLab, before, after hostState) {
	t.Helper()
	if after.sent != before.sent || after.received != before.received {
		t.Errorf("the kernel sent %d cookies and took %d", after.sent-before.sent, after.received-before.received)
	}
	if value := syncookies(t, w); value != 1 {
		t.Errorf("net.ipv4.tcp_syncookies is %d", value)
	}
}

// hostStances are what a host may be, by indices of matrixStances: everything, nothing of one option, no
// ECN.
func hostStances() []int { return []int{0, 1, 2, 4, len(matrixStances()) - 1} }

// hostRows are the rows of the matrix for a stance, without the clients whose MSS no listener may be given.
func hostRows(stance int) (rows []row) {
	for _, r := range matrixRows() {
		if mss := r.talk.Offer.MSS; r.stance == stance && (mss == 0 || mss >= int(defaultMSS(r.family))) {
			r.talk.Next = nil
			rows = append(rows, r)
		}
	}
	return rows
}

// takeStance switches the host's options.
func takeStance(t testing.TB, n *lab.Namespace, s stance) {
	t.Helper()
	value := func(is bool) int { return map[bool]int{true: 1}[is] }
	ecn := map[bool]int{false: 2}[s.NoECN]
	err := n.Sysctl(t.Context(), fmt.Sprintf("net.ipv4.tcp_ecn=%d", ecn),
		fmt.Sprintf("net.ipv4.tcp_window_scaling=%d", value(!slices.Contains(s.Without, optionWscale))),
		fmt.Sprintf("net.ipv4.tcp_sack=%d", value(!slices.Contains(s.Without, optionSACK))),
		fmt.Sprintf("net.ipv4.tcp_timestamps=%d", value(!slices.Contains(s.Without, optionTimestamps))))
	if err != nil {
		t.Fatal(err)
	}
}

// Whatever client and host agree to without synscreen they agree to through a challenge, also when the
// listener has promised more before: the kernel would refuse it now.
func TestOptionsOfAHostPortAreThoseOfADirectConnection(t *testing.T) {
	t.Parallel()
	w := lab.HostForTest(t, lab.WireOptions{})
	stripMSS(t, w)
	server := startTalkServer(t, w, matrixPorts()...)
	direct := map[int][]talked{}
	for _, i := range hostStances() {
		takeStance(t, w.Server, matrixStances()[i])
		direct[i] = runRows(t, w, server, hostRows(i))
		wantOffered(t, hostRows(i), direct[i])
	}
	calm := hostPort(configuration{attack: 500_000})
	always := hostPort(configuration{attack: 500_000, always: true})
	takeStance(t, w.Server, stance{})
	d := startDaemon(t, w, calm)
	learnAll(t, w, server)
	for _, i := range hostStances() {
		takeStance(t, w.Server, matrixStances()[i])
		d.mustCommit(t, calm) // what the host does is looked at, too
		rows := hostRows(i)
		wantRows(t, rows, direct[i], runRows(t, w, server, rows), row.sameEnds)
		d.mustCommit(t, always)
		before := d.hostState(t)
		got := runRows(t, w, server, rows)
		d.wantAdmitted(t, before, uint64(len(rows)))
		wantRows(t, rows, direct[i], got, row.splicedEnds)
		t.Logf("stance %d: %d rows", i, len(rows))
	}
}

// learnAll has each port of the matrix be seen to promise everything.
func learnAll(t testing.TB, w *lab.WireLab, server *lab.Process) {
	t.Helper()
	var talks []talk
	for _, at := range matrixPorts() {
		for _, family := range families {
			talks = append(talks, talk{Address: talkAddress(family, at.Port), ServerFirst: at.First,
				Offer: offer{Set: true, ECN: true}})
		}
	}
	wantTalked(t, server, talks, runTalks(t, w, 1, talks))
}

// assumedEnds is what both ends have when nothing was learned: a window scale of 7 for the host, and no ECN.
func (r row) assumedEnds(direct talked) (client, server Agreed) {
	client, server = r.splicedEnds(direct)
	client.ECN, server.ECN = false, false
	if client.Wscale {
		client.TheirShift, server.OurShift = 7, 7
	}
	return client, server
}

func TestOptionsOfAHostPortThatIsChallengedFromTheFirstConnectionOn(t *testing.T) {
	t.Parallel()
	w := lab.HostForTest(t, lab.WireOptions{})
	stripMSS(t, w)
	server := startTalkServer(t, w, matrixPorts()...)
	rows := hostRows(0)
	direct := runRows(t, w, server, rows)
	d := startDaemon(t, w, hostPort(configuration{always: true}))
	before := d.hostState(t)
	got := runRows(t, w, server, rows)
	d.wantAdmitted(t, before, uint64(len(rows)))
	wantRows(t, rows, direct, got, row.assumedEnds)
}
