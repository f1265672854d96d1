package e2e

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"synscreen/test/lab"
)

// floodCPU is where the flood runs. What its processor sends by its first queue counts as not having come by
// any: the next device of the way spreads it by a hash of the flow.
const floodCPU = "0"

// floodNice lets the flood go before what else runs: a sender that is held up for long does not make up for it.
const floodNice = -15

// monotonicSecond is the second that it is by the clock that the engine's windows go by.
func monotonicSecond(t testing.TB) int64 {
	t.Helper()
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		t.Fatal(err)
	}
	return now.Sec
}

// windows are the SYNs that a zone's meter counted, by second.
type windows map[int64]uint32

// sum adds up the seconds. None may be missing in between.
func (w windows) sum(t testing.TB) (sum uint64) {
	t.Helper()
	seconds := slices.Sorted(maps.Keys(w))
	for i, second := range seconds {
		if i > 0 && seconds[i-1] != second-1 {
			t.Fatalf("the machine stood still: of the seconds %d to %d nothing was read", seconds[i-1]+1, second-1)
		}
		sum += uint64(w[second])
	}
	return sum
}

// readWindows asks for the rate, which is that of the last whole second, many times in every second; until a
// whole second has passed since the context ended. peak is the highest that a destination's own meter told.
func (d *daemon) readWindows(ctx context.Context, t testing.TB) (read windows, peak uint32) {
	t.Helper()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	read = windows{}
	ended := int64(0)
	for now := monotonicSecond(t); ended == 0 || now < ended+2; now = monotonicSecond(t) {
		rate := zone(t, d.status(t), "untrust").SynRate
		if monotonicSecond(t) == now { // else it is not known of which second it is
			read[now-1] = rate
		}
		report, err := d.client.Floods(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range report.Destinations {
			peak = max(peak, row.PeakRate)
		}
		if ended == 0 && ctx.Err() != nil {
			ended = now
		}
		<-ticker.C
	}
	return read, peak
}

// rated is what came of a flood.
type rated struct {
	sent, metered uint64  // SYNs in all
	highest, peak uint32  // of a second, by the zone's meter and by the destination's
	least         float64 // the share of the queue that got less
}

// rate floods for some seconds.
func rate(t *testing.T, w *lab.WireLab, d *daemon, queues, offered int) (r rated) {
	t.Helper()
	const seconds = 3
	before := queueFrames(t, w, lab.OuterDev, queues)
	ctx, stop := context.WithCancel(t.Context())
	flood, err := w.StartFlood(lab.FloodOptions{Ports: fmt.Sprint(contentPort), Rate: offered, Seconds: seconds,
		CPU: floodCPU, Nice: floodNice})
	if err != nil {
		t.Fatal(err)
	}
	go func() { // ends with the flood
		<-flood.Done()
		stop()
	}()
	read, peak := d.readWindows(ctx, t)
	result, err := flood.Result(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r = rated{sent: result.Sent, metered: read.sum(t), peak: peak, highest: slices.Max(slices.Collect(maps.Values(read)))}
	all, most := uint64(0), uint64(0)
	for i, now := range queueFrames(t, w, lab.OuterDev, queues) {
		all += now - before[i]
		most = max(most, now-before[i])
	}
	r.least = 1 - float64(most)/float64(all)
	return r
}

func TestTwoWorkersMeterTheRateThatOneDoes(t *testing.T) {
	t.Parallel()
	const threshold, tolerance, leastShare, triesMax = 5_000, 0.05, 0.3, 3
	for _, queues := range []int{1, 2} {
		t.Run(fmt.Sprintf("%d queues", queues), func(t *testing.T) {
			w := lab.WireForTest(t, lab.WireOptions{Queues: queues})
			startContent(t, w)
			told, path := listenEvents(t, w)
			d := startDaemon(t, w, configuration{attack: threshold}, noLearning, "--syslog", path)
			for _, offered := range []int{threshold * 9 / 10, threshold * 12 / 10} {
				r := rate(t, w, d, queues, offered)
				// a machine that has too much other work does not send as much in any second
				for try := 1; offered > threshold && r.highest < threshold && try < triesMax; try++ {
					t.Logf("only %d of %d SYNs were sent, %d in a second at most: again", r.sent, offered, r.highest)
					r = rate(t, w, d, queues, offered)
				}
				t.Logf("%d a second offered: %d SYNs sent, %d metered, %d (its destination: %d) in a second at most; the quieter queue got %.0f %%",
					offered, r.sent, r.metered, r.highest, r.peak, 100*r.least)
				// what is not metered never came to the engine: a full ring
				if off := float64(r.metered)/float64(r.sent) - 1; off < -tolerance || off > tolerance {
					t.Errorf("%d workers metered %d SYNs of %d", queues, r.metered, r.sent)
				}
				if queues == 2 && r.least < leastShare {
					t.Errorf("a queue got %.0f %% of the SYNs: two workers are not tried", 100*r.least)
				}
				attacks := zone(t, d.status(t), "untrust").Attacks
				if flooded := attacks > 0; flooded != (offered > threshold) {
					t.Errorf("%d floods were seen at %d SYNs a second, the threshold is %d", attacks, offered, threshold)
				}
				// the destination's own meter, which decides, in the worst second
				if peak := float64(r.peak); offered > threshold && (peak < float64(r.highest)*(1-tolerance) ||
					peak > float64(r.highest)*(1+tolerance)) {
					t.Errorf("%d SYNs a second at most by the destination's meter, %d by the zone's", r.peak, r.highest)
				}
			}
			// and the SYN that made it one was the threshold's, but for those that the other worker was just counting
			began := told.wait(t, "SYN flood began", lab.ServerAddr4).fields["repeat-count"]
			if count, err := strconv.Atoi(began); err != nil || count < threshold-queues+1 || count > threshold {
				t.Errorf("the flood began at SYN %q of a second, the threshold is %d", began, threshold)
			}
		})
	}
}
