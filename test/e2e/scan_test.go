package e2e

import (
	"encoding/xml"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"synscreen/test/lab"
)

// A port scanner sees through the wire what it would see without it: no port looks open because its
// SYNs are challenged, and none looks closed or dead.

const scannedPorts = 1000

var (
	openPorts     = []int{22, 80, 443, 587, 993}
	filteredPorts = []int{135, 445, 700}
)

// Ports that are flooded, one open and one closed, and somebody else's address.
const (
	floodedPorts = "80-81"
	otherAddr4   = "203.0.113.11"
	otherAddr6   = "2001:db8:113::11"
)

// scanResult is what nmap says of one host.
type scanResult struct {
	Ports []struct {
		ID    int `xml:"portid,attr"`
		State struct {
			State string `xml:"state,attr"`
		} `xml:"state"`
	} `xml:"host>ports>port"`
	Rest []struct {
		State string `xml:"state,attr"`
		Count int    `xml:"count,attr"`
	} `xml:"host>ports>extraports"`
}

// String says of each state how many ports have it, and which if they are few.
func (r scanResult) String() string {
	listed := map[string][]string{}
	for _, p := range r.Ports {
		listed[p.State.State] = append(listed[p.State.State], strconv.Itoa(p.ID))
	}
	var all []string
	for state, ports := range listed {
		all = append(all, state+" "+strings.Join(ports, ","))
	}
	for _, rest := range r.Rest {
		all = append(all, fmt.Sprintf("%s %d more", rest.State, rest.Count))
	}
	slices.Sort(all)
	return strings.Join(all, "; ")
}

// wantScan is what a scan must say.
func wantScan() string {
	text := func(ports []int) string { return strings.Trim(strings.ReplaceAll(fmt.Sprint(ports), " ", ","), "[]") }
	return fmt.Sprintf("closed %d more; filtered %s; open %s", scannedPorts-len(openPorts)-len(filteredPorts),
		text(filteredPorts), text(openPorts))
}

// scan scans the server from the client: kind is -sS or -sT.
func scan(t testing.TB, w *lab.WireLab, family int, kind string) (r scanResult) {
	t.Helper()
	args := []string{"nmap", kind, "-n", "-Pn", "--send-ip", "--disable-arp-ping", "-p", fmt.Sprintf("1-%d", scannedPorts),
		"-oX", "-"}
	address := lab.ServerAddr4
	if family == 6 {
		args, address = append(args, "-6"), lab.ServerAddr6
	}
	out, err := w.Client.Run(t.Context(), append(args, address)...)
	if err != nil {
		t.Fatal(err)
	}
	if err := xml.Unmarshal([]byte(out), &r); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return r
}

// startScanned starts servers on the open ports and makes the filtered ones silent.
func startScanned(t testing.TB, w *lab.WireLab) {
	t.Helper()
	var ports []listenAt
	for _, port := range openPorts {
		ports = append(ports, listenAt{Port: port})
	}
	startTalkServer(t, w, ports...)
	for _, port := range filteredPorts {
		rules := fmt.Sprintf("table inet filtered%d { chain arrivals { type filter hook prerouting priority -300; "+
			"tcp dport %d drop; }; }", port, port)
		if _, err := w.Server.Run(t.Context(), "nft", rules); err != nil {
			t.Fatal(err)
		}
	}
	addOtherAddresses(t, w)
}

func wantScans(t testing.TB, w *lab.WireLab) {
	t.Helper()
	for _, family := range families {
		for _, kind := range []string{"-sS", "-sT"} {
			if got := scan(t, w, family, kind).String(); got != wantScan() {
				t.Errorf("IPv%d, nmap %s: %s; want %s", family, kind, got, wantScan())
			}
		}
	}
}

// startFloodsOf floods two ports of an address of each family, and waits until the engine knows.
func startFloodsOf(t testing.TB, w *lab.WireLab, d *daemon, ports string, addresses ...string) {
	t.Helper()
	for i, address := range addresses {
		_, err := w.StartFlood(lab.FloodOptions{Family: families[i], Address: address, Ports: ports, Rate: lightRate / 2,
			Seconds: floodSeconds})
		if err != nil {
			t.Fatal(err)
		}
	}
	d.wait(t, "floods of all ports", func() (bool, error) { return d.floodingNow(t) == 2*len(addresses), nil })
}

// floodingNow is how many destinations flood.
func (d *daemon) floodingNow(t testing.TB) (n int) {
	t.Helper()
	var floods []flood
	d.show(t, &floods, "security", "flow", "syn-cookie")
	for _, f := range floods {
		for _, destination := range f.Destinations {
			if destination.Flooding {
				n++
			}
		}
	}
	return n
}

func TestScannerSeesThePortsAsTheyAre(t *testing.T) {
	t.Run("over a bridge", func(t *testing.T) {
		t.Parallel()
		w := lab.BridgeForTest(t, lab.WireOptions{})
		startScanned(t, w)
		wantScans(t, w)
	})
	for name, flood := range map[string]func(testing.TB, *lab.WireLab, *daemon){
		"in calm": func(testing.TB, *lab.WireLab, *daemon) {},
		"by the default thresholds": func(t testing.TB, w *lab.WireLab, d *daemon) {
			text := strings.NewReplacer("source-threshold 500000", "source-threshold 4000", "destination-threshold 500000",
				"destination-threshold 4000").Replace(configuration{}.String())
			if err := d.commit(t, text); err != nil {
				t.Fatal(err)
			}
		},
		"while another is flooded": func(t testing.TB, w *lab.WireLab, d *daemon) {
			startFloodsOf(t, w, d, floodedPorts, otherAddr4, otherAddr6)
		},
		"while it is flooded itself": func(t testing.TB, w *lab.WireLab, d *daemon) {
			startFloodsOf(t, w, d, floodedPorts, lab.ServerAddr4, lab.ServerAddr6)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := lab.WireForTest(t, lab.WireOptions{})
			startScanned(t, w)
			d := startDaemon(t, w, configuration{}, noLearning)
			flood(t, w, d)
			before := d.floodingNow(t)
			wantScans(t, w)
			if now := d.floodingNow(t); now != before {
				t.Errorf("%d destinations flood after the scans, %d before", now, before)
			}
		})
	}
}
