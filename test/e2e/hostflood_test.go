package e2e

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"synscreen/pkg/dataplane"
	"synscreen/test/lab"
)

const (
	hostZone    = "world"
	hostBacklog = 64    // of the host's listeners: few SYNs fill it
	hostRate    = 2_000 // SYNs a second, more than that and than hostAttack
	hostAttack  = 200
)

// hostLab is a lab whose server runs the screen itself, at its one interface; the wire's machine is a bridge.
func hostLab(t testing.TB) *lab.WireLab {
	t.Helper()
	w := *lab.BridgeForTest(t, lab.WireOptions{ChecksumOff: true})
	w.Wire = w.Server
	if err := w.Server.Sysctl(t.Context(), fmt.Sprintf("net.core.somaxconn=%d", hostBacklog)); err != nil {
		t.Fatal(err)
	}
	return &w
}

// hostConfig is a screened host port; its zero value challenges from hostAttack SYNs a second on, every
// connection for itself.
type hostConfig struct {
	port           string // the lab's when empty
	activation     string // threshold when empty
	passive, flood int    // timers of activation kernel
	admission      string // kernel when empty
	attack         int
	dry            bool // alarm-without-drop
	unset          bool // no syn-flood-protection-mode
	validated      int
}

// String is the configuration in set form.
func (c hostConfig) String() string {
	var b strings.Builder
	set := func(format string, args ...any) { fmt.Fprintf(&b, "set "+format+"\n", args...) }
	if c.activation == "" {
		c.activation = "threshold"
	}
	if c.admission == "" {
		c.admission = "kernel"
	}
	if c.attack == 0 {
		c.attack = hostAttack
	}
	if c.port == "" {
		c.port = lab.EndDev
	}
	set("system dataplane-type userspace")
	set("security screen ids-option web tcp syn-flood attack-threshold %d", c.attack)
	if c.dry {
		set("security screen ids-option web alarm-without-drop")
	}
	set("security zones security-zone %s interfaces %s", hostZone, c.port)
	set("security zones security-zone %s screen web", hostZone)
	if !c.unset {
		set("security flow syn-flood-protection-mode syn-cookie")
	}
	set("security flow syn-cookie activation %s", c.activation)
	if c.activation == "kernel" {
		set("security flow syn-cookie passive-timer %d", c.passive)
		set("security flow syn-cookie flood-timer %d", c.flood)
	}
	set("security flow syn-cookie admission %s", c.admission)
	set("security flow syn-cookie validated-timeout %d", c.validated)
	for _, statement := range offloadStatements("") {
		set("%s", statement)
	}
	return b.String()
}

// floodHost floods a port of the host over IPv4.
func floodHost(t testing.TB, w *lab.WireLab, port, rate, seconds int) *lab.Flood {
	t.Helper()
	f, err := w.StartFlood(lab.FloodOptions{Ports: strconv.Itoa(port), Rate: rate, Seconds: seconds})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// hostCounts are what became of the SYNs and the answers at a host port, and the cookies of its kernel.
type hostCounts struct {
	noListener, socket, calm, punted, toEngine   uint64
	challenged, admitted, kernelCookies, invalid uint64
	asked                                        uint64
	cookiesSent, cookiesReceived                 uint64 // the kernel's own
}

func (d *daemon) hostCounts(t testing.TB) hostCounts {
	t.Helper()
	s := d.status(t)
	count := func(name string) uint64 { return frames(t, s, lab.EndDev, name) }
	kernel := tcpCounters(t, d.lab.Server)
	return hostCounts{
		noListener: count("shim_host_no_listener"), socket: count("shim_host_socket"), calm: count("shim_host_calm"),
		punted: count("shim_host_punted"), toEngine: count("shim_syn_to_engine"),
		challenged: count("reply_challenge"), admitted: count("shim_host_admitted"),
		kernelCookies: count("shim_host_kernel_cookie"),
		invalid:       count("shim_host_cookie_invalid") + count("shim_cookie_invalid"),
		asked:         count("shim_host_asked"),
		cookiesSent:   kernel["TcpExtSyncookiesSent"], cookiesReceived: kernel["TcpExtSyncookiesRecv"],
	}
}

// waitCounts waits until the counts are as wanted.
func (d *daemon) waitCounts(t testing.TB, what string, wanted func(hostCounts) bool) (now hostCounts) {
	t.Helper()
	d.wait(t, what, func() (bool, error) {
		now = d.hostCounts(t)
		return wanted(now), nil
	})
	return now
}

// waitHostChallenges waits until SYNs are challenged that were not before.
func (d *daemon) waitHostChallenges(t testing.TB) {
	t.Helper()
	before := d.hostCounts(t)
	d.waitCounts(t, "challenges", func(now hostCounts) bool { return now.challenged > before.challenged })
}

// waitHostCalm has clients connect until one of them is not challenged any more.
func (d *daemon) waitHostCalm(t testing.TB) {
	t.Helper()
	d.wait(t, "calm", func() (bool, error) {
		before := d.hostCounts(t)
		knockTimes(t, d.lab, 1, serverAddress(4, contentPort))
		return d.hostCounts(t).calm > before.calm, nil
	})
}

// hostFloods says whether the host's zone is shown as flooding.
func hostFloods(t testing.TB, s dataplane.Status) bool {
	t.Helper()
	return zone(t, s, hostZone).Flooding > 0
}
