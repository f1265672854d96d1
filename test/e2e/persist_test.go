package e2e

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"testing"
	"time"

	"synscreen/test/lab"
)

// persist is the role of a client that wants a page and tries again, on a new connection, until it has it:
// persist ADDRESS URL. It prints how many tries it took, and how many microseconds until it had it.
func persist(ctx context.Context, args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("an address and a URL are wanted, not %q", args)
	}
	const triesMax = 5
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(args[0])}}
	transport := &http.Transport{DisableKeepAlives: true, DialContext: dialer.DialContext}
	client := http.Client{Transport: transport, Timeout: visitLimit}
	began := time.Now()
	for n := 1; ; n++ {
		err := visitOnce(ctx, &client, args[1])
		if err == nil {
			fmt.Println(n, time.Since(began).Microseconds())
			return nil
		}
		if n == triesMax {
			return fmt.Errorf("after %d tries: %w", n, err)
		}
	}
}

// visited is what it took a client to have a page.
type visited struct {
	tries int
	took  time.Duration
}

// getPage has the client's i-th address get a page.
func getPage(t testing.TB, w *lab.WireLab, family, i int) visited {
	t.Helper()
	address := lab.ClientAddr4(i)
	if family == 6 {
		address = lab.ClientAddr6(i)
	}
	p, err := w.Client.StartRole("persist", address, lab.URL(family, contentPort, "/bytes/1000"))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	var v visited
	var us int64
	if _, err := fmt.Sscan(p.Stdout(), &v.tries, &us); err != nil {
		t.Fatalf("%q: %v", p.Stdout(), err)
	}
	v.took = time.Duration(us) * time.Microsecond
	return v
}

// forgetClients makes the next connection of everybody one that is challenged.
func (d *daemon) forgetClients(t testing.TB) {
	t.Helper()
	d.wantSaid(t, "clear security flow validated-client", "the validated clients of all zones are forgotten")
}

// addBypass leads what the server sends round the wire: a second cable between it and the LAN.
func addBypass(t testing.TB, w *lab.WireLab) {
	t.Helper()
	const lanMAC, serverMAC = "02:00:00:00:07:01", "02:00:00:00:07:02"
	ctx := t.Context()
	err := lab.Cable(ctx, lab.End{In: w.LAN, Dev: "bypass", MAC: lanMAC},
		lab.End{In: w.Server, Dev: "eth1", MAC: serverMAC}, 1, 1500)
	if err == nil {
		err = w.LAN.IP(ctx, "link set dev bypass master br0")
	}
	if err == nil {
		err = w.Server.IP(ctx,
			"neigh add 203.0.113.254 lladdr "+lab.ClientMAC+" dev eth1 nud permanent",
			"neigh add 2001:db8:113::fe lladdr "+lab.ClientMAC+" dev eth1 nud permanent",
			"neigh add 203.0.113.253 lladdr "+lab.AttackerMAC+" dev eth1 nud permanent",
			"neigh add 2001:db8:113::fd lladdr "+lab.AttackerMAC+" dev eth1 nud permanent",
			"route add 203.0.113.253/32 dev eth1", "route add 2001:db8:113::fd/128 dev eth1",
			"route replace default via 203.0.113.253 dev eth1", "route replace default via 2001:db8:113::fd dev eth1",
			"route add 203.0.113.254/32 dev eth1", "route add 2001:db8:113::fe/128 dev eth1",
			"route replace "+lab.ClientAddr4(0)+"/32 via 203.0.113.254 dev eth1 src "+lab.ServerAddr4,
			"route replace "+lab.ClientAddr6(0)+"/128 via 2001:db8:113::fe dev eth1 src "+lab.ServerAddr6)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func serverBytesBypassing(t testing.TB, w *lab.WireLab) uint64 {
	t.Helper()
	out, err := w.Server.Run(t.Context(), "cat", "/sys/class/net/eth1/statistics/tx_bytes")
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.ParseUint(string([]byte(out)[:len(out)-1]), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
