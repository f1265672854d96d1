package e2e

import (
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"

	"synscreen/pkg/dataplane"
	"synscreen/test/lab"
)

// traffic says what is at the clsact of the host's interface.
func traffic(t testing.TB, w *lab.WireLab) string {
	t.Helper()
	var b strings.Builder
	for _, what := range []string{"qdisc show dev eth0", "filter show dev eth0 ingress", "filter show dev eth0 egress"} {
		out, err := w.Server.Run(t.Context(), append([]string{"tc"}, strings.Fields(what)...)...)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out) {
			// queues that nobody has made; statistics; what differs from load to load
			if !strings.Contains(line, "noqueue") && !strings.Contains(line, "success") {
				b.WriteString(line)
			}
		}
	}
	return b.String()
}

// filters counts the filters that are synscreen's.
func filters(t testing.TB, w *lab.WireLab) int {
	t.Helper()
	return strings.Count(traffic(t, w), "name screen_")
}

// wantServes asserts that the host's listener takes connections over both families.
func wantServes(t testing.TB, w *lab.WireLab) {
	t.Helper()
	knockTimes(t, w, 5, serverAddress(4, contentPort), serverAddress(6, contentPort))
}

// The host serves, in calm and in a flood, whatever becomes of the daemon; and a next one takes the place of
// what one that was killed has left.
func TestHostServesWhateverBecomesOfItsDaemonInCalmAndInAFlood(t *testing.T) {
	t.Parallel()
	w := hostLab(t)
	startContent(t, w)
	linksBefore, trafficBefore := settings(t, w), traffic(t, w)
	d := startDaemon(t, w, hostConfig{})
	if filters(t, w) != 2 || len(programs(t, w)) != 1 {
		t.Fatalf("programs %v and filters, want one and two:\n%s", programs(t, w), traffic(t, w))
	}
	for _, flooded := range []bool{false, true} {
		var flood *lab.Flood
		if flooded {
			flood = floodHost(t, w, contentPort, hostRate, floodSeconds)
			d.waitHostChallenges(t)
		}
		wantServes(t, w)
		d = wantServesKilled(t, w, d)
		if flooded {
			d.waitHostChallenges(t)
		}
		wantServes(t, w)
		wantServesFrozen(t, w, d, flooded)
		d.stop(t)
		if traffic(t, w) != trafficBefore || len(programs(t, w)) != 0 {
			t.Errorf("a stopped daemon has left programs %v and\n%s", programs(t, w), traffic(t, w))
		}
		wantServes(t, w)
		if flooded {
			if err := flood.Stop(t.Context()); err != nil {
				t.Error(err)
			}
			continue
		}
		d = startDaemon(t, w, hostConfig{})
	}
	wantSettings(t, w, linksBefore)
}

// wantServesKilled kills the daemon and starts another.
func wantServesKilled(t testing.TB, w *lab.WireLab, d *daemon) *daemon {
	t.Helper()
	orphans := programs(t, w)
	d.signal(t, syscall.SIGKILL)
	wantServes(t, w)
	if filters(t, w) != 2 || !slices.Equal(programs(t, w), orphans) {
		t.Errorf("of a killed daemon are left programs %v and\n%s", programs(t, w), traffic(t, w))
	}
	d = startDaemon(t, w, hostConfig{})
	wantFreed(t, w, d, orphans)
	if filters(t, w) != 2 || len(programs(t, w)) != 1 {
		t.Errorf("after a restart there are programs %v and\n%s", programs(t, w), traffic(t, w))
	}
	return d
}

// wantServesFrozen stops the daemon for a while.
func wantServesFrozen(t testing.TB, w *lab.WireLab, d *daemon, flooded bool) {
	t.Helper()
	d.signal(t, syscall.SIGSTOP)
	wantServes(t, w)
	d.signal(t, syscall.SIGCONT)
	if flooded {
		d.waitHostChallenges(t)
		d.waitStatus(t, "SYNs that passed a stale engine", func(s dataplane.Status) bool {
			return frames(t, s, lab.EndDev, "shim_passed_stale") > 0
		})
	}
	wantServes(t, w)
}

func TestDetachTakesAKilledHostsProgramsAndItsClsactAway(t *testing.T) {
	t.Parallel()
	w := hostLab(t)
	startContent(t, w)
	before := settings(t, w) + traffic(t, w)
	d := startDaemon(t, w, hostConfig{})
	if out, err := d.synscreen(t.Context(), "detach", "--state-dir", d.state); err == nil || filters(t, w) != 2 {
		t.Errorf("detach took a running daemon's programs away: %s", out)
	}
	d.signal(t, syscall.SIGKILL)
	d.detach(t)
	if after := settings(t, w) + traffic(t, w); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
	wantServes(t, w)
}

// addFilter adds somebody else's filter to the clsact of the host's interface, which must be there.
func addFilter(t testing.TB, w *lab.WireLab, way string) {
	t.Helper()
	_, err := w.Server.Run(t.Context(), append([]string{"tc"}, strings.Fields("filter add dev eth0 "+way+
		" protocol ip pref 10 u32 match ip dst 192.0.2.1/32 classid 1:1")...)...)
	if err != nil {
		t.Fatal(err)
	}
}

func TestFiltersOfOthersAtAHostsClsactStay(t *testing.T) {
	t.Parallel()
	for name, theirs := range map[string]bool{"their clsact": true, "a clsact of synscreen's": false} {
		t.Run(name, func(t *testing.T) {
			w := hostLab(t)
			startContent(t, w)
			if theirs {
				if _, err := w.Server.Run(t.Context(), "tc", "qdisc", "add", "dev", "eth0", "clsact"); err != nil {
					t.Fatal(err)
				}
				addFilter(t, w, "ingress")
			}
			d := startDaemon(t, w, hostConfig{activation: "always"})
			wantServes(t, w)
			addFilter(t, w, "egress")
			wantServes(t, w)
			if n := d.hostCounts(t).admitted; n != 20 {
				t.Errorf("%d connections were admitted beside others' filters, want 20", n)
			}
			d.signal(t, syscall.SIGKILL)
			d.detach(t)
			left := traffic(t, w)
			if strings.Contains(left, "screen_") || !strings.Contains(left, "c0000201/ffffffff") ||
				!strings.Contains(left, "clsact") {
				t.Errorf("left:\n%s", left)
			}
			wantServes(t, w)
		})
	}
}

// hostless is a configuration of a wire that has nothing to do with the host's interface.
func hostless() configuration {
	return configuration{wires: []wire{{name: "w2", outer: "spare0", inner: "spare1"}}}
}

func TestHostPortIsCommittedAwayAndRolledBack(t *testing.T) {
	t.Parallel()
	w := hostLab(t)
	addSpareCables(t, w)
	startContent(t, w)
	before := traffic(t, w)
	d := startDaemon(t, w, hostConfig{activation: "always"}, noLearning)
	wantServes(t, w)
	d.mustCommit(t, hostless())
	if traffic(t, w) != before {
		t.Errorf("a port that is none any more has\n%s", traffic(t, w))
	}
	wantServes(t, w)
	if _, err := d.synscreen(t.Context(), "rollback", "1"); err != nil {
		t.Fatal(err)
	}
	admitted := d.hostCounts(t).admitted
	wantServes(t, w)
	if n := d.hostCounts(t).admitted - admitted; n != 10 {
		t.Errorf("%d connections were admitted after the rollback, want 10", n)
	}
}

func TestPortOfAWireBecomesAHostPortInTwoCommits(t *testing.T) {
	t.Parallel()
	w := hostLab(t)
	addSpareCables(t, w)
	startContent(t, w)
	host := hostConfig{activation: "always"}
	wired := configuration{wires: []wire{{name: "w1", outer: lab.EndDev, inner: "far0"}}}
	d := startDaemon(t, w, host, noLearning)
	for _, change := range []struct {
		to   fmt.Stringer
		text string
	}{
		{wired, lab.EndDev + ": is a host port of the running configuration: take it out in a commit of its own first"},
		{host, lab.EndDev + ": is a wire's port of the running configuration: take it out in a commit of its own first"},
	} {
		if err := d.commit(t, change.to.String()); err == nil || !strings.Contains(err.Error(), change.text) {
			t.Errorf("in one commit: %v, want %q", err, change.text)
		}
		d.mustCommit(t, hostless())
		d.mustCommit(t, change.to)
	}
	if err := w.AddressServer(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantServes(t, w)
	if n := d.hostCounts(t).admitted; n != 10 {
		t.Errorf("%d connections were admitted, want 10", n)
	}
}

func TestInterfacesThatCannotBeHostPortsAreRefused(t *testing.T) {
	t.Parallel()
	w := hostLab(t)
	err := w.Server.IP(t.Context(), "link add br9 type bridge", "link add member0 type veth peer name member1",
		"link set member0 master br9", "link add mac0 link "+lab.EndDev+" type macvlan", "link set br9 up",
		"link set member0 up", "link set member1 up", "link set mac0 up")
	if err != nil {
		t.Fatal(err)
	}
	d := startDaemon(t, w, hostConfig{})
	for port, text := range map[string]string{
		"br9":     "br9: is a bridge: AF_XDP has no queues of it; name the interface that its frames come in by",
		"mac0":    "mac0: is a macvlan: AF_XDP has no queues of it",
		"member0": "member0: belongs to a bond or bridge, whose addresses its frames are for: take it out, or name another",
		"lo":      "lo: ",
	} {
		if err := d.commit(t, hostConfig{port: port}.String()); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v, want %q", port, err, text)
		}
	}
	if s := d.status(t); s.Generation != 1 || len(s.Ports) != 1 {
		t.Errorf("after refusals %+v runs", s.Ports)
	}
}

// What was taken over of the kernel's cookies is given back.
func TestDetachRestoresTheKernelsCookies(t *testing.T) {
	t.Parallel()
	w := hostLab(t)
	startContent(t, w)
	cookies := func() string {
		t.Helper()
		out, err := w.Server.Run(t.Context(), "cat", "/proc/sys/net/ipv4/tcp_syncookies")
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(out)
	}
	for name, end := range map[string]func(*daemon){
		"killed and detached": func(d *daemon) { d.signal(t, syscall.SIGKILL); d.detach(t) },
		"killed and started":  func(d *daemon) { d.signal(t, syscall.SIGKILL); startDaemon(t, w, hostConfig{}).stop(t) },
		"stopped":             func(d *daemon) { d.stop(t) },
	} {
		d := startDaemon(t, w, hostConfig{admission: "kernel-cookies"})
		flood := floodHost(t, w, contentPort, hostRate, floodSeconds)
		d.wait(t, "cookies of the kernel for all", func() (bool, error) { return cookies() == "2", nil })
		wantServes(t, w)
		if err := flood.Stop(t.Context()); err != nil {
			t.Error(err)
		}
		end(d)
		if now := cookies(); now != "1" {
			t.Errorf("%s: tcp_syncookies is %s, want 1", name, now)
		}
	}
}
