package e2e

import (
	"strings"
	"testing"

	"synscreen/pkg/dataplane"
	"synscreen/test/lab"
)

// side is one side of the wire: who is behind it, and whether its link can be taken down there.
type side struct {
	name string
	port string // the wire's port on this side
	set  func(up bool)
	far  *lab.Namespace // behind the other port
	dev  string
}

func sides(t testing.TB, w *lab.WireLab) []side {
	lan := func(up bool) {
		t.Helper()
		state := map[bool]string{true: "up", false: "down"}[up]
		if err := w.LAN.IP(t.Context(), "link set dev wire "+state); err != nil {
			t.Fatal(err)
		}
	}
	server := func(up bool) {
		t.Helper()
		setServerLink(t, w, up)
	}
	return []side{
		{"clients' side", lab.OuterDev, lan, w.Server, lab.EndDev},
		{"server's side", lab.InnerDev, server, w.LAN, "wire"},
	}
}

// waitLink waits until a device has a link, or none.
func waitLink(t testing.TB, d *daemon, n *lab.Namespace, dev string, up bool) {
	t.Helper()
	what := map[bool]string{true: "a link of ", false: "no link of "}[up] + dev
	d.wait(t, what, func() (bool, error) {
		out, err := n.Run(t.Context(), "ip", "-o", "link", "show", "dev", dev)
		return !strings.Contains(out, "NO-CARRIER") == up, err
	})
}

func TestLinkLossOfOnePortTakesTheOtherDownAndBack(t *testing.T) {
	t.Parallel()
	w := lab.WireForTest(t, lab.WireOptions{})
	d := startDaemon(t, w, configuration{}, noLearning)
	for range 3 { // again at once: no loss may go by unseen for having come soon after another
		for _, side := range sides(t, w) {
			side.set(false)
			waitLink(t, d, side.far, side.dev, false)
			d.waitStatus(t, "one port held down", func(s dataplane.Status) bool {
				return !port(s, side.port).HeldDown && port(s, port(s, side.port).Peer).HeldDown
			})
			side.set(true)
			waitLink(t, d, side.far, side.dev, true)
			if err := w.AddressServer(t.Context()); err != nil {
				t.Fatal(err)
			}
			d.waitStatus(t, "both ports up", func(s dataplane.Status) bool {
				return port(s, lab.OuterDev).Carrier && port(s, lab.InnerDev).Carrier &&
					!port(s, lab.OuterDev).HeldDown && !port(s, lab.InnerDev).HeldDown
			})
			waitCarries(t, w)
		}
	}
}

// port finds a port by its interface; a zero one when there is none.
func port(s dataplane.Status, ifname string) dataplane.PortStatus {
	for _, p := range s.Ports {
		if p.Interface == ifname {
			return p
		}
	}
	return dataplane.PortStatus{}
}
