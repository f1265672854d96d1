package e2e

import (
	"testing"
	"time"

	"synscreen/test/lab"
)

// The kernel says when a listener's queue overflows. From then on it is spared: for as long as the flood
// lasts, its queue being empty all the time, it gets no SYN of it.
func TestKernelActivationEntersWhenAQueueOverflowsStaysAndLeaves(t *testing.T) {
	t.Parallel()
	const passive, timer, seconds = 1, 2, 8
	w := hostLab(t)
	startContent(t, w)
	d := startDaemon(t, w, hostConfig{activation: "kernel", passive: passive, flood: timer})
	knockTimes(t, w, 1, serverAddress(4, contentPort))
	before := d.hostCounts(t)
	if before.challenged != 0 || before.calm == 0 {
		t.Fatalf("in calm: %+v", before)
	}

	flood := floodHost(t, w, contentPort, hostRate, seconds)
	began := time.Now()
	entered := d.waitCounts(t, "challenges", func(now hostCounts) bool { return now.challenged > 0 })
	took := time.Since(began)
	// in SYNs, which a busy machine does not make more
	if passed := entered.calm - before.calm; passed > (passive+1)*hostRate || entered.cookiesSent == 0 {
		t.Errorf("flooding was entered after %v, %d SYNs and %d cookies of the kernel", took, passed, entered.cookiesSent)
	}
	d.wantSteadyFlood(t, flood, entered)

	ended := time.Now()
	d.waitHostCalm(t)
	left := time.Since(ended)
	if left > (timer+1)*time.Second {
		t.Errorf("flooding was left %v after the flood's end", left)
	}
	t.Logf("entered after %v, left after %v, asked %d times", took, left, d.hostCounts(t).asked-before.asked)
}

// wantSteadyFlood asserts until a flood's end that the zone floods, and that no SYN of it came to the kernel.
func (d *daemon) wantSteadyFlood(t testing.TB, flood *lab.Flood, entered hostCounts) {
	t.Helper()
	last := entered
	for over := false; !over; {
		select {
		case <-flood.Done():
			over = true
		case <-time.After(100 * time.Millisecond):
			last = d.hostCounts(t)
			if s := d.status(t); !hostFloods(t, s) || zone(t, s, hostZone).Attacks != 1 {
				t.Fatalf("in the flood: %+v", zone(t, s, hostZone))
			}
		}
	}
	if last.calm != entered.calm || last.cookiesSent != entered.cookiesSent {
		t.Errorf("the kernel got %d SYNs and sent %d cookies after flooding was entered",
			last.calm-entered.calm, last.cookiesSent-entered.cookiesSent)
	}
	if last.challenged < entered.challenged+hostRate {
		t.Errorf("%d challenges from %d on", last.challenged, entered.challenged)
	}
}

func TestKernelActivationWithBothTimersZeroChallengesEveryHandshake(t *testing.T) {
	t.Parallel()
	const rounds = 20
	w := hostLab(t)
	startContent(t, w)
	d := startDaemon(t, w, hostConfig{activation: "kernel"})
	before := d.hostCounts(t)
	knockTimes(t, w, rounds, serverAddress(4, contentPort), serverAddress(6, contentPort))
	after := d.hostCounts(t)
	const n = 2 * rounds
	if after.calm != before.calm || after.admitted-before.admitted != n || after.challenged-before.challenged < n ||
		after.cookiesSent != before.cookiesSent || after.cookiesReceived != before.cookiesReceived {
		t.Errorf("of %d handshakes: before %+v, after %+v", n, before, after)
	}
	if valid := zone(t, d.status(t), hostZone).CookiesValid; valid != n {
		t.Errorf("%d cookies were valid, want %d", valid, n)
	}
}

func TestThresholdActivationOnAHostPortEntersAtTheThresholdAndLeavesAfterAWindow(t *testing.T) {
	t.Parallel()
	const slack = time.Second // for a busy machine
	w := hostLab(t)
	startContent(t, w)
	d := startDaemon(t, w, hostConfig{})

	under, err := floodHost(t, w, contentPort, hostAttack/2, 2).Result(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	calm := d.hostCounts(t)
	if calm.challenged != 0 || calm.calm != under.Sent {
		t.Errorf("of %d SYNs under the threshold: %+v", under.Sent, calm)
	}

	over, err := floodHost(t, w, contentPort, hostRate, 2).Result(t.Context())
	ended := time.Now()
	if err != nil {
		t.Fatal(err)
	}
	flooded := d.hostCounts(t)
	passed := flooded.calm - calm.calm
	// the second in which it began may have had some before, and may have been followed by a whole one
	if passed < hostAttack/2-1 || passed > 2*(hostAttack-1) || passed+flooded.challenged != over.Sent {
		t.Errorf("of %d SYNs %d passed and %d were challenged", over.Sent, passed, flooded.challenged)
	}
	d.waitHostCalm(t)
	if left := time.Since(ended); left > 2*time.Second+slack {
		t.Errorf("flooding was left %v after the flood's end", left)
	}
}
