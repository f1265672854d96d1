package e2e

import (
	"fmt"
	"regexp"
	"strconv"
	"testing"

	"synscreen/test/lab"
)

// Two routers have links that are narrower than anything that the ends can see; the narrower of them is
// at one side of the wire. Who sends from the other side learns of it by an ICMP error that crosses the
// wire, and quotes a segment as the sender's end of the splice does not know it.

const narrowMTU, narrowerMTU = 1400, 1280

// pathMTU is what a machine has learned of the path to an address; 0: nothing.
func pathMTU(t testing.TB, n *lab.Namespace, address string) int {
	t.Helper()
	out, err := n.Run(t.Context(), "ip", "route", "get", address)
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(` mtu (\d+)`).FindStringSubmatch(out)
	if found == nil {
		return 0
	}
	mtu, err := strconv.Atoi(found[1])
	if err != nil {
		t.Fatal(err)
	}
	return mtu
}

// wantPathMTU asserts what a machine has learned.
func wantPathMTU(t testing.TB, n *lab.Namespace, address string, want int) {
	t.Helper()
	if mtu := pathMTU(t, n, address); mtu != want {
		icmp, err := n.Run(t.Context(), "nstat", "-sz", "IcmpInDestUnreachs", "Icmp6InPktTooBigs", "TcpExtOutOfWindowIcmps")
		t.Errorf("%s has learned %d of the path to %s, want %d; its kernel counts (%v)\n%s", n.Name, mtu, address,
			want, err, icmp)
	}
}

// forgetPaths has both ends forget what they have learned of paths: they would not offer an MSS that
// does not fit.
func forgetPaths(t testing.TB, w *lab.WireLab) {
	t.Helper()
	for _, n := range []*lab.Namespace{w.Client, w.Server} {
		for _, family := range []string{"-4", "-6"} {
			if _, err := n.Run(t.Context(), "ip", family, "route", "flush", "cache"); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// transferAcrossRouters moves 10 MB each way over both families, and wants the senders to have learned
// what fits.
func transferAcrossRouters(t *testing.T, w *lab.WireLab) (connections uint64) {
	t.Helper()
	const size = 10 * mega
	for _, family := range families {
		server, client := lab.ServerAddr4, lab.ClientAddr4(0)
		if family == 6 {
			server, client = lab.ServerAddr6, lab.ClientAddr6(0)
		}
		wantPathMTU(t, w.Client, server, 0)
		if err := upload(t.Context(), w, family, size); err != nil {
			t.Errorf("IPv%d up: %v", family, err)
		}
		wantPathMTU(t, w.Client, server, narrowerMTU)
		forgetPaths(t, w)
		wantPathMTU(t, w.Server, client, 0)
		if err := fetch(t.Context(), w, family, size); err != nil {
			t.Errorf("IPv%d down: %v", family, err)
		}
		wantPathMTU(t, w.Server, client, narrowerMTU)
		forgetPaths(t, w)
		connections += 2
	}
	return connections
}

func TestPathMTUIsLearnedThroughASplice(t *testing.T) {
	for name, options := range map[string]lab.WireOptions{
		"from the clients' side": {ClientMTU: narrowerMTU, ServerMTU: narrowMTU},
		"from the servers' side": {ClientMTU: narrowMTU, ServerMTU: narrowerMTU},
	} {
		t.Run("over a bridge, "+name, func(t *testing.T) {
			t.Parallel()
			w := lab.BridgeForTest(t, options)
			startContent(t, w)
			transferAcrossRouters(t, w)
		})
		t.Run("spliced, "+name, func(t *testing.T) {
			t.Parallel()
			w := lab.WireForTest(t, options)
			startContent(t, w)
			d := startDaemon(t, w, configuration{}, noLearning)
			learn(t, w, contentPort)
			d.mustCommit(t, configuration{always: true})
			before := d.status(t)
			wantSpliced(t, d, before, transferAcrossRouters(t, w))
		})
	}
}

// learn has the wire see in calm that a web server answers.
func learn(t testing.TB, w *lab.WireLab, port int) {
	t.Helper()
	for _, family := range families {
		if _, err := w.Curl(t.Context(), lab.URL(family, port, fmt.Sprintf("/bytes/%d", 1)), 5); err != nil {
			t.Fatal(err)
		}
	}
}
