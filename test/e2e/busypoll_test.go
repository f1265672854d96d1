package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"synscreen/pkg/dataplane"
	"synscreen/test/lab"
)

// busyPolled counts the frames that busy polling has received in the wire's namespace, by the kernel's own count.
func busyPolled(t testing.TB, w *lab.WireLab) (frames uint64) {
	t.Helper()
	text, err := w.Wire.Run(t.Context(), "cat", "/proc/net/netstat")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		for i, name := range names {
			if name == "BusyPollRxPackets" && fields[0] == names[0] {
				if _, err := fmt.Sscan(fields[i], &frames); err != nil {
					t.Fatal(err)
				}
				return frames
			}
		}
		names = fields
	}
	t.Fatalf("no BusyPollRxPackets in %s", text)
	return 0
}

// What show says is what the sockets have: a port is busy polled where the kernel has told them of the queue's NAPI
// instance, and the kernel counts its frames. On veth it has up to Linux 6.12, later it does not: the worker stays
// awake all the same.
func TestBusyPollingIsObtainedAndClientsComeThroughAFloodWithIt(t *testing.T) {
	t.Parallel()
	const rate, span = 600, 5 * time.Millisecond // so few that an emulated machine can do it
	w := lab.WireForTest(t, lab.WireOptions{})
	startContent(t, w)
	d := startDaemon(t, w, configuration{attack: rate / 10}, noLearning, "--busy-poll="+span.String())
	d.wantInterruptsDeferred(t, false)
	for _, dev := range []string{lab.OuterDev, lab.InnerDev} {
		d.deferInterrupts(t, dev)
	}
	d.wantInterruptsDeferred(t, true)
	fetchBoth(t, w)
	startFloodsAt(t, rate, w, d, contentPort, families...)
	before := d.status(t)
	fetchBoth(t, w)
	wantSpliced(t, d, before, uint64(len(families)))

	told := uint32(0)
	for _, p := range d.status(t).Ports {
		t.Logf("%s: %d of %d queues", p.Interface, p.NAPIQueues, p.Queues)
		if p.BusyPoll != span {
			t.Errorf("%s: busy polled for %v, want %v", p.Interface, p.BusyPoll, span)
		}
		if p.NAPIQueues == 0 && !kernelSince(t, 6, 13) {
			t.Errorf("%s: the kernel has told of no NAPI instance", p.Interface)
		}
		told += p.NAPIQueues
	}
	if told > 0 {
		d.wait(t, "frames that busy polling has received", func() (bool, error) { return busyPolled(t, w) > 0, nil })
	} else if n := busyPolled(t, w); n > 0 {
		t.Errorf("no queue can be busy polled, and %d frames were", n)
	}
}

// deferInterrupts leaves a device's frames to whoever looks, for 2 ms.
func (d *daemon) deferInterrupts(t testing.TB, dev string) {
	t.Helper()
	for setting, value := range map[string]string{"napi_defer_hard_irqs": "2", "gro_flush_timeout": "2000000"} {
		path := fmt.Sprintf("/proc/%d/root/sys/class/net/%s/%s", d.PID(), dev, setting)
		if err := os.WriteFile(path, []byte(value), 0); err != nil {
			t.Fatal(err)
		}
	}
}

func (d *daemon) wantInterruptsDeferred(t testing.TB, want bool) {
	t.Helper()
	for _, p := range d.status(t).Ports {
		if p.IRQsDeferred != want {
			t.Errorf("%s: interrupts deferred %t, want %t", p.Interface, p.IRQsDeferred, want)
		}
	}
}

// ofThread is what the kernel has counted of a thread.
type ofThread struct {
	sleeps uint64 // times that it has waited for something
	ticks  uint64 // of a hundredth of a second that it ran
}

func (d *daemon) thread(t testing.TB, name string) (c ofThread) {
	t.Helper()
	names, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/comm", d.PID()))
	if err != nil {
		t.Fatal(err)
	}
	for _, comm := range names {
		if text, err := os.ReadFile(comm); err != nil || strings.TrimSpace(string(text)) != name {
			continue
		}
		status, statusErr := os.ReadFile(filepath.Join(filepath.Dir(comm), "status"))
		stat, statErr := os.ReadFile(filepath.Join(filepath.Dir(comm), "stat"))
		_, sleeps, found := strings.Cut(string(status), "\nvoluntary_ctxt_switches:")
		fields := strings.Fields(string(stat))
		if statusErr != nil || statErr != nil || !found || len(fields) < 15 {
			t.Fatalf("%v, %v: %s %s", statusErr, statErr, status, stat)
		}
		var user, system uint64
		for text, to := range map[string]*uint64{sleeps: &c.sleeps, fields[13]: &user, fields[14]: &system} {
			if _, err := fmt.Sscan(text, to); err != nil {
				t.Fatal(err)
			}
		}
		c.ticks = user + system
		return c
	}
	t.Fatalf("there is no thread %s", name)
	return c
}

// A worker of a calm wire sleeps, whatever the option says, and stays awake for as long as it says after a frame.
func TestWorkerThatBusyPollsStaysAwakeAfterAFrameAndSleepsInCalm(t *testing.T) {
	t.Parallel()
	const span, ticksMin = 300 * time.Millisecond, 10 // of 30; what it does for a page is no tick
	const name, calm = "screen-0", 5
	w := lab.WireForTest(t, lab.WireOptions{})
	startContent(t, w)
	d := startDaemon(t, w, configuration{}, noLearning, "--busy-poll="+span.String())
	sleeps := func(since ofThread) {
		d.wait(t, "a worker that sleeps", func() (bool, error) {
			return d.thread(t, name).sleeps >= since.sleeps+calm, nil
		})
	}
	sleeps(d.thread(t, name))
	before := d.thread(t, name)
	if err := fetch(t.Context(), w, 4, 1); err != nil {
		t.Fatal(err)
	}
	d.waitStatus(t, "the page's frames", func(s dataplane.Status) bool {
		return frames(t, s, lab.InnerDev, "forward_flow") > 0
	})
	sleeps(d.thread(t, name))
	if ran := d.thread(t, name).ticks - before.ticks; ran < ticksMin {
		t.Errorf("after its last frame it ran for %d ticks, want %d", ran, ticksMin)
	}
}
