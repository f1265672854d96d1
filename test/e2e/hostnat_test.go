package e2e

import (
	"fmt"
	"testing"

	"synscreen/test/lab"
)

// A host that publishes a container's port: connections to it are translated to another machine behind the
// host, and the container's proxy listens on the same port of the host.
func TestPortThatAHostTranslatesIsLeftAloneOnceItHasAnswered(t *testing.T) {
	t.Parallel()
	w := lab.HostForTest(t, lab.WireOptions{})
	startContent(t, w) // the proxy
	behind := publish(t, w, contentPort)
	if _, err := behind.StartContent(t.Context(), contentPort); err != nil {
		t.Fatal(err)
	}
	d := startDaemon(t, w, hostPort(configuration{attack: 500_000}))
	transfer := startDownloadOf(t, w, 4, 64*mega, mega)
	d.mustCommit(t, hostPort(configuration{attack: 500_000, always: true}))
	for range 3 {
		if err := fetch(t.Context(), w, 4, mega); err != nil {
			t.Error(err)
		}
	}
	transfer.waitMore(t, 4*mega)
	transfer.wantComplete(t)
	status := d.status(t)
	for _, counter := range []string{"shim_host_cookie_invalid", "shim_host_admitted"} {
		if n := frames(t, status, lab.EndDev, counter); n != 0 {
			t.Errorf("%s: %d of connections that live elsewhere", counter, n)
		}
	}
}

// publish makes a machine behind the host, to which the host translates a port of its own address.
func publish(t *testing.T, w *lab.WireLab, port int) *lab.Namespace {
	t.Helper()
	const address, hostMAC, mac = "192.0.2.80", "02:00:00:00:06:01", "02:00:00:00:06:02"
	ctx := t.Context()
	behind, err := w.Namespace(ctx, "behind")
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []func() error{
		func() error {
			return lab.Cable(ctx, lab.End{In: w.Server, Dev: "eth1", MAC: hostMAC},
				lab.End{In: behind, Dev: lab.EndDev, MAC: mac}, 1, 1500)
		},
		func() error { return w.Server.Sysctl(ctx, "net.ipv4.ip_forward=1") },
		func() error {
			return w.Server.IP(ctx, "route add "+address+" dev eth1",
				"neigh add "+address+" lladdr "+mac+" dev eth1 nud permanent")
		},
		func() error {
			return behind.IP(ctx, "addr add "+address+"/32 dev eth0", "route add "+lab.ServerAddr4+" dev eth0",
				"route add default via "+lab.ServerAddr4+" dev eth0",
				"neigh add "+lab.ServerAddr4+" lladdr "+hostMAC+" dev eth0 nud permanent")
		},
		func() error {
			_, err := w.Server.Run(ctx, "nft", fmt.Sprintf("table ip published { chain in { type nat hook "+
				"prerouting priority -100; iifname eth0 tcp dport %d dnat to %s; }; }", port, address))
			return err
		},
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	return behind
}
