package lab

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
)

var families = []int{4, 6}

// bridged is a WireLab whose wire is a plain kernel bridge.
func bridged(t *testing.T, options WireOptions) *WireLab {
	t.Helper()
	w := BridgeForTest(t, options)
	return w
}

func startNginx(t *testing.T, w *WireLab) {
	t.Helper()
	if _, err := w.Server.StartNginx(t.Context(), NginxOptions{Backlog: 1024}); err != nil {
		t.Fatal(err)
	}
}

func wantHello(t *testing.T, w *WireLab) {
	t.Helper()
	for _, family := range families {
		out, err := w.Curl(t.Context(), URL(family, 80, "/"), 5)
		if err != nil || out != "hello\n" {
			t.Errorf("IPv%d: %q, %v", family, out, err)
		}
	}
}

func TestWebServerAnswersThroughTheKernelBridge(t *testing.T) {
	for name, options := range map[string]WireOptions{
		"default":       {},
		"two queues":    {Queues: 2},
		"checksums off": {ChecksumOff: true},
		"no NAPI":       {NoNAPI: true},
		"small MTU":     {MTU: 1400},
	} {
		t.Run(name, func(t *testing.T) {
			w := bridged(t, options)
			startNginx(t, w)
			wantHello(t, w)
		})
	}
}

func TestNothingPassesWithoutABridge(t *testing.T) {
	w := WireForTest(t, WireOptions{})
	startNginx(t, w)
	for _, family := range families {
		if out, err := w.Curl(t.Context(), URL(family, 80, "/"), 1); err == nil {
			t.Errorf("IPv%d: %q went through an open wire", family, out)
		}
	}
	if err := w.JoinBridge(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantHello(t, w)
	if err := w.LeaveBridge(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Curl(t.Context(), URL(4, 80, "/"), 1); err == nil {
		t.Error("the bridge still carries after LeaveBridge")
	}
}

func TestClientResolvesTheServerThroughTheWire(t *testing.T) {
	w := bridged(t, WireOptions{})
	startNginx(t, w)
	if err := w.ResolveServer(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantHello(t, w)
	out, err := w.Client.Run(t.Context(), "ip", "neigh")
	if err != nil || strings.Contains(out, "PERMANENT") || strings.Count(out, ServerMAC) < 2 {
		t.Errorf("neighbours, want two learned ones: %v\n%s", err, out)
	}
}

func TestEveryClientAddressIsAnswered(t *testing.T) {
	w := bridged(t, WireOptions{Clients: 3})
	startNginx(t, w)
	for i := range 3 {
		for family, addr := range map[int]string{4: ClientAddr4(i), 6: ClientAddr6(i)} {
			if _, err := w.Curl(t.Context(), URL(family, 80, "/"), 5, "--interface", addr); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestContentArrivesWithItsChecksum(t *testing.T) {
	const size = 10 << 20
	w := bridged(t, WireOptions{})
	if _, err := w.Server.StartContent(t.Context(), 8080); err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		url := URL(family, 8080, fmt.Sprintf("/bytes/%d", size))
		down, err := w.Client.Run(t.Context(), "sh", "-c", "curl -sSf -m 20 '"+url+"' | sha256sum")
		if err != nil || !strings.HasPrefix(down, ContentSum(size)+" ") {
			t.Errorf("IPv%d down: %q, %v", family, down, err)
		}
		up, err := w.Client.Run(t.Context(), "sh", "-c", "curl -sSf -m 20 '"+url+
			"' | curl -sSf -m 20 -T - '"+URL(family, 8080, "/sum")+"'")
		if err != nil || strings.TrimSpace(up) != ContentSum(size) {
			t.Errorf("IPv%d up: %q, %v", family, up, err)
		}
		hello, _ := w.Curl(t.Context(), fmt.Sprintf("telnet://%s", strings.TrimPrefix(
			URL(family, 8081, ""), "http://")), 1)
		if !strings.HasPrefix(hello, greeting) {
			t.Errorf("IPv%d greeting: %q", family, hello)
		}
	}
}

func TestFloodReachesTheServer(t *testing.T) {
	// The rate is for the reader: other work on the machine may take most of it away. An idle core
	// makes some 300,000 a second.
	const seconds, least = 2, 10_000
	for _, options := range []WireOptions{{}, {VLAN: 7}} {
		for _, family := range families {
			t.Run(fmt.Sprintf("IPv%d VLAN %d", family, options.VLAN), func(t *testing.T) {
				w := bridged(t, options)
				if err := w.Server.Discard(t.Context(), EndDev); err != nil {
					t.Fatal(err)
				}
				sent, got := flood(t, w, FloodOptions{Family: family, Seconds: seconds})
				t.Logf("sent %.0f SYNs a second, the server received %d of %d", sent.Rate, got, sent.Sent)
				if sent.Rate < least || float64(got) < 0.95*float64(sent.Sent) {
					t.Errorf("want at least %d a second and all of them received", least)
				}
			})
		}
	}
}

// flood runs a flood to its end and counts what the server's interface received.
func flood(t *testing.T, w *WireLab, options FloodOptions) (FloodResult, uint64) {
	t.Helper()
	before, err := w.Server.Counter(t.Context(), EndDev, "rx_packets")
	if err != nil {
		t.Fatal(err)
	}
	f, err := w.StartFlood(options)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(options.Seconds+10)*time.Second)
	defer cancel()
	result, err := f.Result(ctx)
	if err != nil {
		t.Fatal(err)
	}
	after, err := w.Server.Counter(t.Context(), EndDev, "rx_packets")
	if err != nil {
		t.Fatal(err)
	}
	return result, after - before
}

func TestFloodKeepsItsRateAndItsPorts(t *testing.T) {
	const rate, seconds = 5000, 1
	w := bridged(t, WireOptions{})
	_, err := w.Server.Run(t.Context(), "nft", "table ip count { chain arrivals { type filter hook "+
		"prerouting priority 0; ip saddr "+SpoofedPrefix4+" tcp dport 100-199 tcp flags syn counter; }; }")
	if err != nil {
		t.Fatal(err)
	}
	sent, _ := flood(t, w, FloodOptions{Rate: rate, Seconds: seconds, Ports: "100-199"})
	if sent.Sent < rate*9/10 || sent.Sent > rate*11/10 {
		t.Errorf("sent %d, want about %d", sent.Sent, rate*seconds)
	}
	counted, err := w.Server.Run(t.Context(), "nft", "list", "ruleset")
	if want := fmt.Sprintf("packets %d ", sent.Sent); err != nil || !strings.Contains(counted, want) {
		t.Errorf("want %q: %v\n%s", want, err, counted)
	}
	bad, err := w.Server.Run(t.Context(), "nstat", "-az", "TcpInCsumErrors", "IpInHdrErrors")
	if err != nil || strings.Count(bad, " 0 ") != 2 {
		t.Errorf("want no bad checksums: %v\n%s", err, bad)
	}
}

func TestFloodRefusesTheInitialNamespace(t *testing.T) {
	w := WireForTest(t, WireOptions{})
	binary, err := Built("c/test/synscreen-flood")
	if err != nil {
		t.Fatal(err)
	}
	out, err := outsideOutput(binary, w.floodArguments(FloodOptions{Seconds: 1}))
	if err == nil || !strings.Contains(out, "initial network namespace") {
		t.Errorf("%v: %q", err, out)
	}
}
