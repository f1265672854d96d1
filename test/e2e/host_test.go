package e2e

import (
	"fmt"
	"strings"
	"syscall"
	"testing"

	"synscreen/pkg/dataplane"
	"synscreen/test/lab"
)

// wantUnchallenged asserts that nothing was challenged or admitted since before.
func (d *daemon) wantUnchallenged(t testing.TB, before hostState) {
	t.Helper()
	after := d.hostState(t)
	for _, counter := range []string{"reply_challenge", "shim_syn_to_engine", "shim_host_admitted",
		"shim_host_cookie_invalid", "shim_host_not_admitted"} {
		if got := after.grown(t, before, counter); got != 0 {
			t.Errorf("%s grew by %d", counter, got)
		}
	}
}

// halfOpen counts the connections that the host's kernel has answered itself and whose ACK it waits for.
func halfOpen(t testing.TB, w *lab.WireLab) int {
	t.Helper()
	out, err := w.Server.Run(t.Context(), "ss", "-Htn", "state", "syn-recv")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(out, "\n")
}

func TestConnectionsOfBeforeAFloodOfAHostPortGoOn(t *testing.T) {
	t.Parallel()
	w := lab.HostForTest(t, lab.WireOptions{})
	startContent(t, w)
	d := startDaemon(t, w, hostPort(configuration{}))
	transfer := startDownload(t, w)
	release, err := w.Hold(t.Context()) // ACKs, too: the download pauses
	if err != nil {
		t.Fatal(err)
	}
	var opening []*lab.Process
	for _, family := range families {
		p, err := w.Client.Start(curl("-m", "20", "-o", "/dev/null", bytesURL(family, mega))...)
		if err != nil {
			t.Fatal(err)
		}
		opening = append(opening, p)
	}
	d.wait(t, "connections in progress", func() (bool, error) { return halfOpen(t, w) == len(families), nil })
	startHostFloods(t, w, d, contentPort, families...)
	before := d.hostState(t)
	if err := release(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, p := range opening {
		if err := p.Wait(t.Context()); err != nil {
			t.Error(err)
		}
	}
	transfer.waitMore(t, 5*mega)
	transfer.wantComplete(t)
	after := d.hostState(t)
	if got := after.grown(t, before, "shim_host_admitted"); got != 0 {
		t.Errorf("%d connections were admitted by cookies", got)
	}
}

func TestPortsOfAHostWithoutAListenerAnswerForThemselvesAndNeverFlood(t *testing.T) {
	t.Parallel()
	const closed = 9999
	w := lab.HostForTest(t, lab.WireOptions{})
	startContent(t, w)
	d := startDaemon(t, w, hostPort(configuration{attack: 1}))
	before := d.hostState(t)
	flood := lab.FloodOptions{Ports: fmt.Sprint(closed), Rate: lightRate, Seconds: floodSeconds}
	if _, err := w.StartFlood(flood); err != nil {
		t.Fatal(err)
	}
	d.wait(t, "SYNs without a listener", func() (bool, error) {
		return d.hostState(t).grown(t, before, "shim_host_no_listener") > lightRate, nil
	})
	for _, family := range families {
		_, err := w.Curl(t.Context(), lab.URL(family, closed, "/"), 3)
		wantReset(t, err)
	}
	d.wantUnchallenged(t, before)
	if z := zone(t, d.status(t), "untrust"); z.Flooding != 0 {
		t.Errorf("the zone floods: %+v", z)
	}
}

func TestAllThatIsNotForAListenerOfTheHostIsLeftAlone(t *testing.T) {
	t.Parallel()
	const behind4, behind6, mac = "192.0.2.80", "2001:db8:2::80", "02:00:00:00:06:02"
	w := lab.HostForTest(t, lab.WireOptions{})
	startContent(t, w) // a listener of all addresses on the port that is forwarded
	behind, err := w.Namespace(t.Context(), "behind")
	if err != nil {
		t.Fatal(err)
	}
	err = lab.Cable(t.Context(), lab.End{In: w.Server, Dev: "eth1", MAC: "02:00:00:00:06:01"},
		lab.End{In: behind, Dev: lab.EndDev, MAC: mac}, 1, 1500)
	if err != nil {
		t.Fatal(err)
	}
	run := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	run(w.Server.Sysctl(t.Context(), "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1"))
	run(w.Server.IP(t.Context(), "route add "+behind4+" dev eth1", "route add "+behind6+" dev eth1",
		"neigh add "+behind4+" lladdr "+mac+" dev eth1 nud permanent",
		"neigh add "+behind6+" lladdr "+mac+" dev eth1 nud permanent"))
	run(w.Client.IP(t.Context(), "route add "+behind4+" dev eth0", "route add "+behind6+" dev eth0",
		"neigh add "+behind4+" lladdr "+lab.ServerMAC+" dev eth0 nud permanent",
		"neigh add "+behind6+" lladdr "+lab.ServerMAC+" dev eth0 nud permanent"))
	run(behind.IP(t.Context(), "addr add "+behind4+"/32 dev eth0", "addr add "+behind6+"/128 dev eth0 nodad",
		"route add "+lab.ServerAddr4+" dev eth0", "route add default via "+lab.ServerAddr4+" dev eth0",
		"route add "+lab.ServerAddr6+" dev eth0", "route add default via "+lab.ServerAddr6+" dev eth0",
		"neigh add "+lab.ServerAddr4+" lladdr 02:00:00:00:06:01 dev eth0 nud permanent",
		"neigh add "+lab.ServerAddr6+" lladdr 02:00:00:00:06:01 dev eth0 nud permanent"))
	if _, err := behind.StartNginx(t.Context(), lab.NginxOptions{Port: contentPort}); err != nil {
		t.Fatal(err)
	}
	d := startDaemon(t, w, hostPort(configuration{always: true}))
	before := d.hostState(t)
	for _, address := range []string{behind4, "[" + behind6 + "]"} {
		out, err := w.Curl(t.Context(), fmt.Sprintf("http://%s:%d/", address, contentPort), 3)
		if err != nil || out != "hello\n" {
			t.Errorf("what is forwarded to %s: %q, %v", address, out, err)
		}
	}
	for _, address := range []string{"127.0.0.1", "[::1]", lab.ServerAddr4, "[" + lab.ServerAddr6 + "]"} {
		url := fmt.Sprintf("http://%s:%d/bytes/10", address, contentPort)
		if _, err := w.Server.Run(t.Context(), curl("-m", "3", url)...); err != nil {
			t.Error(err)
		}
	}
	d.wantUnchallenged(t, before)
	if err := fetch(t.Context(), w, 4, mega); err != nil {
		t.Error(err)
	}
	d.wantAdmitted(t, before, 1) // the host itself is protected
}

func TestTwoHostPortsAdmitEachItsOwnClients(t *testing.T) {
	t.Parallel()
	w := lab.HostForTest(t, lab.WireOptions{})
	startContent(t, w)
	err := lab.Cable(t.Context(), lab.End{In: w.Server, Dev: "eth1", MAC: "02:00:00:00:06:01"},
		lab.End{In: w.Client, Dev: "eth1", MAC: "02:00:00:00:06:02"}, 1, 1500)
	if err == nil {
		err = w.Server.IP(t.Context(), "addr add 192.0.2.1/24 dev eth1", "addr add 2001:db8:2::1/64 dev eth1 nodad")
	}
	if err == nil {
		err = w.Client.IP(t.Context(), "addr add 192.0.2.2/24 dev eth1", "addr add 2001:db8:2::2/64 dev eth1 nodad")
	}
	if err != nil {
		t.Fatal(err)
	}
	c := hostPort(configuration{always: true})
	c.hosts = append(c.hosts, "eth1")
	d := startDaemon(t, w, c)
	before := d.hostState(t)
	for _, family := range families {
		if err := fetch(t.Context(), w, family, mega); err != nil {
			t.Error(err)
		}
	}
	d.wantAdmitted(t, before, 2)
	for _, address := range []string{"192.0.2.1", "[2001:db8:2::1]"} {
		if _, err := w.Curl(t.Context(), fmt.Sprintf("http://%s:%d/bytes/1000", address, contentPort), 3); err != nil {
			t.Error(err)
		}
	}
	s := d.status(t)
	for _, counter := range []string{"shim_host_admitted", "reply_challenge"} {
		if n := frames(t, s, "eth1", counter); n != 2 {
			t.Errorf("eth1: %s is %d, want 2", counter, n)
		}
		if n := frames(t, s, lab.EndDev, counter); n != 2 {
			t.Errorf("eth0: %s is %d, want 2", counter, n)
		}
	}
}

func TestWhiteListedClientsOfAHostPortAreNotChallenged(t *testing.T) {
	t.Parallel()
	w := lab.HostForTest(t, lab.WireOptions{Clients: 2})
	startContent(t, w)
	d := startDaemon(t, w, hostPort(configuration{}))
	text := hostPort(configuration{always: true}).String() +
		"set security screen ids-option web tcp syn-flood white-list friends source-address [ " + lab.ClientAddr4(1) + "/32 " + lab.ClientAddr6(1) + "/128 ]\n"
	if err := d.commit(t, text); err != nil {
		t.Fatal(err)
	}
	before := d.hostState(t)
	for _, family := range families {
		getPage(t, w, family, 1)
	}
	d.wantUnchallenged(t, before)
	if got := d.hostState(t).grown(t, before, "shim_host_white_list"); got != 2 {
		t.Errorf("%d SYNs passed by the white-list, want 2", got)
	}
	before = d.hostState(t)
	for _, family := range families {
		getPage(t, w, family, 0)
	}
	d.wantAdmitted(t, before, 2)
}

func TestResetsAdmitClientsOfAHostPort(t *testing.T) {
	t.Parallel()
	w := lab.HostForTest(t, lab.WireOptions{})
	startContent(t, w)
	d := startDaemon(t, w, hostPort(configuration{admission: "reset"}))
	for _, admission := range []string{"reset", "safe-reset"} {
		d.mustCommit(t, hostPort(configuration{always: true, admission: admission}))
		for _, family := range families {
			before := d.hostState(t)
			if v := getPage(t, w, family, 0); v.tries != triesOf(admission) {
				t.Errorf("%s, IPv%d: %d tries, want %d", admission, family, v.tries, triesOf(admission))
			}
			for range 2 {
				if v := getPage(t, w, family, 0); v.tries != 1 {
					t.Errorf("%s, IPv%d: %d tries of a validated client", admission, family, v.tries)
				}
			}
			after := d.hostState(t)
			for counter, want := range map[string]uint64{"reply_challenge": 1, "shim_host_validated": 3,
				"shim_host_admitted": 0} {
				if got := after.grown(t, before, counter); got != want {
					t.Errorf("%s, IPv%d: %s grew by %d, want %d", admission, family, counter, got, want)
				}
			}
			wantNoKernelCookies(t, w, before, after)
		}
	}
}

// waitSyncookies waits until net.ipv4.tcp_syncookies has a value.
func (d *daemon) waitSyncookies(t testing.TB, want int) {
	t.Helper()
	what := fmt.Sprintf("net.ipv4.tcp_syncookies %d", want)
	d.wait(t, what, func() (bool, error) { return syncookies(t, d.lab) == want, nil })
}

// With activation always each SYN is a flood, so that none is needed.
func TestKernelCookiesAreSwitchedOnInAFloodAndOffAgain(t *testing.T) {
	t.Parallel()
	w := lab.HostForTest(t, lab.WireOptions{})
	startContent(t, w)
	punt := hostPort(configuration{always: true, admission: "kernel-cookies"})
	d := startDaemon(t, w, punt)
	flood := func() {
		t.Helper()
		if v := getPage(t, w, 4, 0); v.tries != 1 {
			t.Errorf("%d tries", v.tries)
		}
		d.waitSyncookies(t, 2)
	}
	if value := syncookies(t, w); value != 1 {
		t.Errorf("net.ipv4.tcp_syncookies is %d in calm", value)
	}
	flood()
	before := d.hostState(t)
	for _, family := range families {
		if err := fetch(t.Context(), w, family, mega); err != nil {
			t.Error(err)
		}
	}
	if after := d.hostState(t); after.received < before.received+2 {
		t.Errorf("the kernel took %d cookies of its own, want 2", after.received-before.received)
	}
	d.wantUnchallenged(t, before)
	d.waitSyncookies(t, 1) // calm

	flood()
	d.signal(t, syscall.SIGKILL)
	if value := syncookies(t, w); value != 2 {
		t.Errorf("net.ipv4.tcp_syncookies is %d after a kill: nothing is proved", value)
	}
	d = startDaemon(t, w, punt)
	d.waitSyncookies(t, 1)

	flood()
	d.stop(t)
	if value := syncookies(t, w); value != 1 {
		t.Errorf("net.ipv4.tcp_syncookies is %d after an exit", value)
	}
}

func TestAHostGoesOnServingWithoutItsDaemon(t *testing.T) {
	t.Parallel()
	w := lab.HostForTest(t, lab.WireOptions{})
	startContent(t, w)
	d := startDaemon(t, w, hostPort(configuration{always: true}))
	transfer := startDownload(t, w) // admitted by its cookie
	for _, signal := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM} {
		if signal == syscall.SIGKILL {
			d.signal(t, signal)
		} else {
			d.stop(t)
		}
		err := lab.WaitFor(t.Context(), "a page without a daemon", startLimit, func() (bool, error) {
			_, err := w.Curl(t.Context(), bytesURL(6, 1000), 1)
			return err == nil, nil
		})
		if err != nil {
			t.Error(signal, err)
		}
		transfer.waitMore(t, mega)
		d = startDaemon(t, w, hostPort(configuration{always: true}))
		before := d.hostState(t)
		if err := fetch(t.Context(), w, 4, mega); err != nil {
			t.Error(err)
		}
		d.wantAdmitted(t, before, 1)
	}
	transfer.wantComplete(t)
	d.waitStatus(t, "a zone", func(s dataplane.Status) bool { return zone(t, s, "untrust").CookiesValid > 0 })
}
