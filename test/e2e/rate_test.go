package e2e

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"synscreen/test/lab"
)

// floodCPU is where the flood runs. What its processor sends by its first queue counts as not having come by
// any: the next device of the way spreads it by a hash of the flow.
const floodCPU = "0"

// measureRate floods for some seconds and gives the rate that the zone reported in the middle of it (the
// mean of its whole seconds, without the lowest and the highest), the rate that was sent, and the share of the queue that got less.
func measureRate(t *testing.T, w *lab.WireLab, d *daemon, queues, rate int) (metered, sent, least float64) {
	t.Helper()
	const seconds = 6
	before := queueFrames(t, w, lab.OuterDev, queues)
	flood, err := w.StartFlood(lab.FloodOptions{Ports: fmt.Sprint(contentPort), Rate: rate, Seconds: seconds,
		CPU: floodCPU})
	if err != nil {
		t.Fatal(err)
	}
	// the lowest may be of a second that was not whole, the highest of one that made up for it
	var rates []float64
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for range seconds - 1 {
		<-ticker.C
		rates = append(rates, float64(zone(t, d.status(t), "untrust").SynRate))
	}
	slices.Sort(rates)
	for _, r := range rates[1 : len(rates)-1] {
		metered += r / float64(len(rates)-2)
	}
	result, err := flood.Result(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all, most := uint64(0), uint64(0)
	for i, now := range queueFrames(t, w, lab.OuterDev, queues) {
		all += now - before[i]
		most = max(most, now-before[i])
	}
	return metered, result.Rate, 1 - float64(most)/float64(all)
}

func TestTwoWorkersMeterTheRateThatOneDoes(t *testing.T) {
	t.Parallel()
	const threshold, tolerance = 10_000, 0.05
	for _, queues := range []int{1, 2} {
		t.Run(fmt.Sprintf("%d queues", queues), func(t *testing.T) {
			w := lab.WireForTest(t, lab.WireOptions{Queues: queues})
			startContent(t, w)
			d := startDaemon(t, w, configuration{attack: threshold}, noLearning)
			for _, offered := range []int{threshold * 9 / 10, threshold * 12 / 10} {
				metered, sent, least := measureRate(t, w, d, queues, offered)
				t.Logf("%d workers: %.0f SYNs a second sent, %.0f metered; the quieter queue got %.0f %%",
					queues, sent, metered, 100*least)
				if metered < sent*(1-tolerance) || metered > sent*(1+tolerance) {
					t.Errorf("%d workers metered %.0f SYNs a second of %.0f", queues, metered, sent)
				}
				if queues == 2 && least < 0.3 {
					t.Errorf("a queue got %.0f %% of the SYNs: two workers are not tried", 100*least)
				}
				attacks := zone(t, d.status(t), "untrust").Attacks
				if flooded := attacks > 0; flooded != (offered > threshold) {
					t.Errorf("%d workers: %d floods were seen at %d SYNs a second, the threshold is %d", queues,
						attacks, offered, threshold)
				}
			}
		})
	}
}
