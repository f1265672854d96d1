package e2e

import (
	"syscall"
	"testing"

	"synscreen/test/lab"
)

// Admission kernel-cookies borrows a setting of the kernel, net.ipv4.tcp_syncookies, for as long as a flood lasts.

// punting floods at three SYNs a second, which floodLightly reaches.
func punting() configuration {
	return hostPort(configuration{attack: 3, admission: "kernel-cookies"})
}

// floodLightly makes the web server's port a flooded one, by connections that all succeed.
func (d *daemon) floodLightly(t testing.TB) (connections uint64) {
	t.Helper()
	const rounds = 5
	knockTimes(t, d.lab, rounds, serverAddress(4, 80), serverAddress(6, 80))
	return 2 * rounds
}

func wantSyncookies(t testing.TB, w *lab.WireLab, want int) {
	t.Helper()
	if value := syncookies(t, w); value != want {
		t.Errorf("net.ipv4.tcp_syncookies is %d, want %d", value, want)
	}
}

func TestTheSettingThatKernelCookiesBorrowIsGivenBackAsItWas(t *testing.T) {
	t.Parallel()
	const before, forced = 0, 2 // one that nobody would assume
	w := lab.HostForTest(t, lab.WireOptions{})
	startNginx(t, w)
	setServer(t, w, "net.ipv4.tcp_syncookies=0")
	d := startDaemon(t, w, punting(), noLearning)
	wantSyncookies(t, w, before)

	d.floodLightly(t)
	d.waitSyncookies(t, forced)
	sent, received := tcpExt(t, w.Server, "SyncookiesSent"), tcpExt(t, w.Server, "SyncookiesRecv")
	connections := d.floodLightly(t)
	sent, received = tcpExt(t, w.Server, "SyncookiesSent")-sent, tcpExt(t, w.Server, "SyncookiesRecv")-received
	if sent != connections || received != connections {
		t.Errorf("%d connections: the kernel sent %d cookies and took %d", connections, sent, received)
	}
	d.waitSyncookies(t, before) // calm

	d.floodLightly(t)
	d.waitSyncookies(t, forced)
	d.stop(t)
	wantSyncookies(t, w, before)

	d = startDaemon(t, w, punting(), noLearning)
	d.floodLightly(t)
	d.waitSyncookies(t, forced)
	d.signal(t, syscall.SIGKILL)
	wantSyncookies(t, w, forced)
	startDaemon(t, w, punting(), noLearning)
	wantSyncookies(t, w, before)
}

func TestASettingThatSomebodyChangesWhileItIsBorrowedIsKept(t *testing.T) {
	t.Parallel()
	w := lab.HostForTest(t, lab.WireOptions{})
	startNginx(t, w)
	setServer(t, w, "net.ipv4.tcp_syncookies=0")
	d := startDaemon(t, w, punting(), noLearning)
	d.floodLightly(t)
	d.waitSyncookies(t, 2)
	setServer(t, w, "net.ipv4.tcp_syncookies=1")
	d.stop(t)
	wantSyncookies(t, w, 1)
}
