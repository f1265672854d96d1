package e2e

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"synscreen/pkg/dataplane"
	"synscreen/test/lab"
)

// queueFormats are how drivers name the frames that a queue gave to its XDP program: veth, and virtio-net of
// Linux 6.8 and newer.
var queueFormats = []string{"rx_queue_%d_xdp_packets: %d", "rx%d_xdp_packets: %d"}

// queueFrames counts the frames that each RX queue of a port gave to its XDP program. Queue i belongs
// to worker i.
func queueFrames(t testing.TB, w *lab.WireLab, dev string, queues int) []uint64 {
	t.Helper()
	out, err := w.Wire.Run(t.Context(), "ethtool", "-S", dev)
	if err != nil {
		t.Fatal(err)
	}
	counts := make([]uint64, queues)
	for line := range strings.Lines(out) {
		var queue int
		var count uint64
		for _, format := range queueFormats {
			n, _ := fmt.Sscanf(strings.TrimSpace(line), format, &queue, &count)
			if n == 2 && queue < queues {
				counts[queue] = count
			}
		}
	}
	return counts
}

// busiest is the queue that counted most between two readings.
func busiest(before, after []uint64) int {
	most := 0
	for i := range after {
		if after[i]-before[i] > after[most]-before[most] {
			most = i
		}
	}
	return most
}

func TestBothQueuesOfAWireTakePartInAFloodThatClientsAreSplicedIn(t *testing.T) {
	t.Parallel()
	const queues, clients, size, rate = 2, 6, 1 << 14, 600 // so little that an emulated machine can do it
	w := lab.WireForTest(t, lab.WireOptions{Queues: queues})
	startContent(t, w)
	d := startDaemon(t, w, configuration{attack: rate / 10}, noLearning)
	s := d.status(t)
	if s.Workers != queues {
		t.Fatalf("%d workers, want %d", s.Workers, queues)
	}
	for _, p := range s.Ports {
		t.Logf("%s: %d queues, native %t, zero-copy %t, dispatcher %t, driver does %v %s", p.Interface, p.Queues,
			p.Native, p.ZeroCopy, p.Dispatcher, p.Offload, p.OffloadReason)
		if !p.Native || p.Queues != queues {
			t.Errorf("%s: not in native mode with %d queues", p.Interface, queues)
		}
	}
	up, down := queueFrames(t, w, lab.OuterDev, queues), queueFrames(t, w, lab.InnerDev, queues)
	startFloodsAt(t, rate, w, d, contentPort, families...)
	before := d.status(t)
	for i := range clients {
		if err := fetch(t.Context(), w, families[i%len(families)], size); err != nil {
			t.Error(err)
		}
	}
	// a splice is counted by the worker that asked the server, which may hear of the answer from another
	after := before
	d.waitStatus(t, "the clients' splices", func(s dataplane.Status) bool {
		after = s
		return s.Splices.Opened-before.Splices.Opened >= clients
	})
	if valid := zone(t, after, "untrust").CookiesValid - zone(t, before, "untrust").CookiesValid; valid < clients {
		t.Errorf("%d cookies were valid of %d clients", valid, clients)
	}
	for queue := range queues {
		err := lab.WaitFor(t.Context(), fmt.Sprintf("frames of the flood in queue %d", queue), startLimit, func() (bool, error) {
			return queueFrames(t, w, lab.OuterDev, queues)[queue]-up[queue] >= rate/20, nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	if diff := cmp.Diff(down, queueFrames(t, w, lab.InnerDev, queues)); diff == "" {
		t.Error("nothing came from the server")
	}
}

func TestSplicedFlowsAreRightWhenTheirDirectionsRunOnTwoWorkers(t *testing.T) {
	t.Parallel()
	const queues, connectionsMax, size = 2, 40, 4 * mega
	w := lab.WireForTest(t, lab.WireOptions{Queues: queues})
	startContent(t, w)
	d := startDaemon(t, w, configuration{always: true}, noLearning)
	if s := d.status(t); s.Workers != queues {
		t.Fatalf("%d workers, want %d", s.Workers, queues)
	}
	before := d.status(t)
	apart, together, connections := 0, 0, uint64(0)
	for ; connections < connectionsMax && (apart < 2 || together < 1); connections++ {
		family := families[connections%2]
		up, down := queueFrames(t, w, lab.OuterDev, queues), queueFrames(t, w, lab.InnerDev, queues)
		if err := fetch(t.Context(), w, family, size); err != nil {
			t.Error(err)
		}
		if busiest(up, queueFrames(t, w, lab.OuterDev, queues)) !=
			busiest(down, queueFrames(t, w, lab.InnerDev, queues)) {
			apart++
		} else {
			together++
		}
	}
	t.Logf("of %d connections %d had their directions on two workers", connections, apart)
	if apart == 0 {
		t.Error("no connection had its directions on two workers: nothing is proved")
	}
	wantSpliced(t, d, before, connections)
	before = d.status(t)
	wantSpliced(t, d, before, transferBulk(t, w))
}

// countBridged counts what enters the kernel's bridges in the wire's namespace.
func countBridged(t testing.TB, w *lab.WireLab) (read func() string) {
	t.Helper()
	_, err := w.Wire.Run(t.Context(), "nft", "table bridge seen { chain arrivals { "+
		"type filter hook prerouting priority -300; counter; }; }")
	if err != nil {
		t.Fatal(err)
	}
	return func() string {
		t.Helper()
		out, err := w.Wire.Run(t.Context(), "nft", "list", "table", "bridge", "seen")
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

// processorMask is a mask of so many processors as sysfs wants it: words of 32 bits.
func processorMask(n int) string {
	words := []string{fmt.Sprintf("%x", uint64(1)<<(n%32)-1)}
	for range n / 32 {
		words = append(words, "ffffffff")
	}
	return strings.Join(words, ",")
}

// steer makes a device send everything by one of its queues, which is the far end's RX queue.
func steer(t testing.TB, n *lab.Namespace, dev string, queue, queues int) {
	t.Helper()
	configured, err := n.Run(t.Context(), "nproc", "--all")
	if err != nil {
		t.Fatal(err)
	}
	processors, err := strconv.Atoi(strings.TrimSpace(configured))
	if err != nil {
		t.Fatal(err)
	}
	for i := range queues {
		cpus := "0"
		if i == queue {
			cpus = processorMask(processors)
		}
		script := fmt.Sprintf("echo %s >/sys/class/net/%s/queues/tx-%d/xps_cpus", cpus, dev, i)
		if _, err := n.Run(t.Context(), "sh", "-c", script); err != nil {
			t.Fatal(err)
		}
	}
}

func TestEveryQueueOfFourIsServedAndNothingGoesRoundTheEngine(t *testing.T) {
	t.Parallel()
	const queues = 4
	w := lab.WireForTest(t, lab.WireOptions{Queues: queues})
	startContent(t, w)
	d := startDaemon(t, w, configuration{always: true}, noLearning)
	bridged := countBridged(t, w)
	before := d.status(t)
	connections := uint64(0)
	for up := range queues {
		for down := range queues {
			steer(t, w.LAN, "wire", up, queues)
			steer(t, w.Server, lab.EndDev, down, queues)
			outer, inner := queueFrames(t, w, lab.OuterDev, queues), queueFrames(t, w, lab.InnerDev, queues)
			if err := fetch(t.Context(), w, families[down%2], mega); err != nil {
				t.Errorf("queues %d and %d: %v", up, down, err)
			}
			connections++
			if busiest(outer, queueFrames(t, w, lab.OuterDev, queues)) != up ||
				busiest(inner, queueFrames(t, w, lab.InnerDev, queues)) != down {
				t.Errorf("the connection did not use queues %d and %d", up, down)
			}
		}
	}
	wantSpliced(t, d, before, connections)
	if seen := bridged(); !strings.Contains(seen, "counter packets 0 bytes 0") {
		t.Errorf("the kernel's bridge was given frames while the engine lived:\n%s", seen)
	}
	s := d.status(t)
	wantNoPasses(t, s)
	if passed := shimPassed(s) - shimPassed(before); passed != 0 {
		t.Errorf("the shim passed %d frames to the bridge", passed)
	}
	d.stop(t)
	wantCarries(t, w)
	if seen := bridged(); strings.Contains(seen, "counter packets 0 bytes 0") {
		t.Error("the counter does not see what the bridge carries: it is blind")
	}
}

// shimPassed sums what the shims left to the kernel.
func shimPassed(s dataplane.Status) (sum uint64) {
	for _, p := range s.Ports {
		for _, c := range p.Shim {
			if strings.HasPrefix(c.Counter, "shim_passed") {
				sum += c.Frames
			}
		}
	}
	return sum
}

func TestPortsWithUnequalQueuesAreRefusedByName(t *testing.T) {
	t.Parallel()
	w := lab.WireForTest(t, lab.WireOptions{Queues: 2})
	d := startDaemon(t, w, configuration{}, noLearning)
	err := w.Wire.IP(t.Context(), "link add one0 type veth peer name one1",
		"link add three0 numrxqueues 3 numtxqueues 3 type veth peer name three1 numrxqueues 3 numtxqueues 3",
		"link set one0 up", "link set one1 up", "link set three0 up", "link set three1 up")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ outer, inner, want string }{
		{"one0", "three0", "one0 has 1 RX queues and three0 has 3"},
		{"three0", "one0", "three0 has 3 RX queues and one0 has 1"},
	} {
		uneven := wire{name: "w2", outer: c.outer, inner: c.inner}
		err := d.commit(t, configuration{wires: []wire{firstWire(), uneven}}.String())
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "secure-wire w2") {
			t.Errorf("committed %s and %s: %v, want %q of wire w2", c.outer, c.inner, err, c.want)
		}
	}
	wantCarries(t, w)
}
