package e2e

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"synscreen/pkg/dataplane"
	"synscreen/test/lab"
)

// hostPort is a configuration of a lab without a wire.
func hostPort(c configuration) configuration {
	c.hosts = []string{lab.EndDev}
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

// hostState is what a host's kernel and engine have counted.
type hostState struct {
	engine         dataplane.Status
	sent, received uint64 // cookies of the kernel's
}

func (d *daemon) hostState(t testing.TB) hostState {
	t.Helper()
	return hostState{d.status(t), tcpExt(t, d.lab.Server, "SyncookiesSent"), tcpExt(t, d.lab.Server, "SyncookiesRecv")}
}

// wantAdmitted asserts that exactly n connections were challenged and given to their listeners since before,
// with no part of the kernel's own cookies.
func (d *daemon) wantAdmitted(t testing.TB, before hostState, n uint64) {
	t.Helper()
	after := d.hostState(t)
	valid := zone(t, after.engine, "untrust").CookiesValid - zone(t, before.engine, "untrust").CookiesValid
	count := func(counter string) uint64 {
		return frames(t, after.engine, lab.EndDev, counter) - frames(t, before.engine, lab.EndDev, counter)
	}
	if admitted := count("shim_host_admitted"); valid != n || admitted != n {
		t.Errorf("%d cookies were valid and %d connections admitted, want %d of each", valid, admitted, n)
	}
	if challenged := count("reply_challenge"); challenged < n {
		t.Errorf("%d challenges were sent for %d connections", challenged, n)
	}
	for _, counter := range []string{"shim_host_not_admitted", "shim_host_kernel_cookie", "shim_host_cookie_invalid"} {
		if got := count(counter); got != 0 {
			t.Errorf("%s grew by %d", counter, got)
		}
	}
	if after.sent != before.sent || after.received != before.received {
		t.Errorf("the kernel sent %d cookies and took %d", after.sent-before.sent, after.received-before.received)
	}
	wantSyncookies(t, d.lab, "1")
	wantNoPasses(t, after.engine)
}

// wantSyncookies asserts what net.ipv4.tcp_syncookies is.
func wantSyncookies(t testing.TB, w *lab.WireLab, want string) {
	t.Helper()
	if got := syncookies(t, w); got != want {
		t.Errorf("net.ipv4.tcp_syncookies is %q, want %s", got, want)
	}
}

func syncookies(t testing.TB, w *lab.WireLab) string {
	t.Helper()
	out, err := w.Server.Run(t.Context(), "sysctl", "-n", "net.ipv4.tcp_syncookies")
	if err != nil {
		t.Fatal(err)
	}
	return out[:len(out)-1]
}

// hostRows are the rows of the matrix that a listener can be given: see ADMITTED_MSS of host.bpf.c.
func hostRows() (rows []row) {
	for _, r := range matrixRows() {
		if mss := r.talk.Offer.MSS; mss == 0 || mss >= int(defaultMSS(r.family)) {
			if os.Getenv("STANCES") == "" || strings.Contains(os.Getenv("STANCES"), fmt.Sprint(r.stance)) {
				rows = append(rows, r)
			}
		}
	}
	stances := matrixStances()
	for i := range rows {
		rows[i].talk.Next = &stances[rows[(i+1)%len(rows)].stance]
	}
	return rows
}

func TestHostPortMatrix(t *testing.T) {
	w := lab.HostForTest(t, lab.WireOptions{})
	stripMSS(t, w)
	server := startTalkServer(t, w, matrixPorts()...)
	rows := hostRows()
	direct := runRows(t, w, server, rows)
	wantOffered(t, rows, direct)
	d := startDaemon(t, w, hostPort(configuration{attack: 500_000, validated: 120}), noLearning)
	wantRows(t, rows, direct, runRows(t, w, server, rows), row.sameEnds)
	d.mustCommit(t, hostPort(configuration{attack: 500_000, always: true, validated: 120}))
	before := d.hostState(t)
	got := runRows(t, w, server, rows)
	d.wantAdmitted(t, before, uint64(len(rows)))
	wantRows(t, rows, direct, got, row.splicedEnds)
	t.Logf("%d rows", len(rows))
}
