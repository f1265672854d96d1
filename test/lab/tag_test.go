package lab

import (
	"os/exec"
	"strings"
	"testing"
	"time"
)

// outsideOutput runs a command in the namespace of the test itself.
func outsideOutput(name string, args []string) (string, error) {
	out, err := exec.Command(name, args...).CombinedOutput()
	return string(out), err
}

// capture waits for tcpdump to be ready to write down frames that arrive at a device.
func capture(t *testing.T, n *Namespace, dev string, count string, filter ...string) *Process {
	t.Helper()
	args := []string{"tcpdump", "-nn", "-e", "-l", "-Q", "in", "-c", count, "-i", dev}
	p, err := n.Start(append(args, filter...)...)
	if err != nil {
		t.Fatal(err)
	}
	err = WaitFor(t.Context(), "tcpdump", startLimit, func() (bool, error) {
		return strings.Contains(p.Stderr(), "listening on"), nil
	})
	if err != nil {
		t.Fatal(err, p.Output())
	}
	return p
}

func TestTagIsOnEveryFrameBetweenTheStacks(t *testing.T) {
	w := bridged(t, WireOptions{VLAN: 7})
	startNginx(t, w)
	var seen []*Process
	for _, dev := range []string{OuterDev, InnerDev} {
		seen = append(seen, capture(t, w.Wire, dev, "4"))
	}
	wantHello(t, w)
	for _, p := range seen {
		if err := p.Wait(t.Context()); err != nil {
			t.Error(err)
		}
		if tagged := strings.Count(p.Stdout(), "vlan 7,"); tagged != 4 {
			t.Errorf("%s: %d of 4 frames tagged:\n%s", p, tagged, p.Stdout())
		}
	}
	for _, n := range []*Namespace{w.Client, w.Server} {
		tagged, err := n.ReadTagged(t.Context(), EndDev)
		if err != nil || tagged < 8 {
			t.Errorf("%s: %d tagged frames came in, %v; two requests make 8 or more", n.Name, tagged, err)
		}
		if untagged, err := n.ReadUntagged(t.Context(), EndDev); err != nil || untagged != 0 {
			t.Errorf("%s: %d untagged frames came in, %v", n.Name, untagged, err)
		}
	}
}

func TestFrameThatLostItsTagIsDroppedAndCounted(t *testing.T) {
	w := bridged(t, WireOptions{})
	startNginx(t, w)
	wantHello(t, w)
	if err := w.Server.AddTag(t.Context(), EndDev, 7); err != nil {
		t.Fatal(err)
	}
	if out, err := w.Curl(t.Context(), URL(4, 80, "/"), 1); err == nil {
		t.Errorf("an untagged connection succeeded: %q", out)
	}
	err := WaitFor(t.Context(), "untagged frames", time.Second, func() (bool, error) {
		n, err := w.Server.ReadUntagged(t.Context(), EndDev)
		return n > 0, err
	})
	if err != nil {
		t.Error(err)
	}
	if n, err := w.Server.ReadTagged(t.Context(), EndDev); err != nil || n != 0 {
		t.Errorf("%d tagged frames, %v", n, err)
	}
}
