package e2e

import (
	"cmp"
	"os"
	"slices"
	"syscall"
	"testing"

	"synscreen/pkg/dataplane"
	"synscreen/test/lab"
)

// offloadVariable names, in the environment, who does the work in all tests: auto, engine or driver. Not
// set: what is the default.
const offloadVariable = "SYNSCREEN_E2E_OFFLOAD"

// offloadStatements are what a configuration says of it, by a word of its own or that of all tests.
func offloadStatements(own string) []string {
	if word := cmp.Or(own, os.Getenv(offloadVariable)); word != "" {
		return []string{"security flow syn-cookie offload " + word}
	}
	return nil
}

// fates are the frames of a port by their reasons, whether the engine or the driver has seen to them.
func fates(p dataplane.PortStatus) []dataplane.ReasonCount {
	driver := p.DriverWork()
	counts := slices.Clone(p.Frames)
	for i := range counts {
		switch counts[i].Reason {
		case "reply_challenge":
			counts[i].Frames += driver.Challenges
		case "drop_cookie_invalid":
			counts[i].Frames += driver.InvalidCookies
		case "forward_flow":
			counts[i].Frames += driver.FlowSegments
		case "drop_reply_rate":
			counts[i].Frames += driver.OverRate
		}
	}
	return counts
}

// What the engine is told to do, it does, and nothing is left to the driver, in calm or out of it.
func TestOffloadEngineLeavesNothingToTheDriver(t *testing.T) {
	t.Parallel()
	w := lab.WireForTest(t, lab.WireOptions{})
	startContent(t, w)
	d := startDaemon(t, w, configuration{offload: "engine"}, noLearning)
	fetchBoth(t, w)
	d.mustCommit(t, configuration{offload: "engine", always: true})
	before := d.status(t)
	fetchBoth(t, w)
	wantSpliced(t, d, before, 2)
	var ports []dataplane.PortStatus
	d.show(t, &ports, "ports")
	for _, p := range ports {
		if p.Offload != 0 || p.OffloadReason != "" || p.DriverWork() != (dataplane.Work{}) {
			t.Errorf("%s: the driver does %q (%s), and has done %+v", p.Interface, p.Offload, p.OffloadReason,
				p.DriverWork())
		}
		if p.EngineWork().FlowSegments == 0 {
			t.Errorf("%s: the engine has forwarded no segment of a flow", p.Interface)
		}
	}
}

func passed(s dataplane.Status, dev string) uint64 { return port(s, dev).DriverWork().FlowSegments }

func fetchBoth(t testing.TB, w *lab.WireLab) {
	t.Helper()
	for _, family := range families {
		if err := fetch(t.Context(), w, family, 1); err != nil {
			t.Fatal(err)
		}
	}
}

// A driver begins to pass a connection when the engine has dealt with all that it was handed. What found no
// room in the engine's ring never comes, and is not waited for.
func TestDriverPassesConnectionsAfterTheEngineHasLostFrames(t *testing.T) {
	t.Parallel()
	w := lab.WireForTest(t, lab.WireOptions{ChecksumOff: true})
	startContent(t, w)
	d := startDaemon(t, w, configuration{offload: "driver"}, noLearning)
	d.signal(t, syscall.SIGSTOP)
	_, _ = w.Client.Run(t.Context(), "timeout", "0.6", "hping3", "--quiet", "--udp", "--destport", "9", "--flood",
		lab.ServerAddr4) // until then the shim takes the engine for alive
	d.signal(t, syscall.SIGCONT)
	d.waitStatus(t, "frames that found the ring full", func(s dataplane.Status) bool {
		return port(s, lab.OuterDev).KernelRxDropped > 0
	})
	for _, family := range families {
		before := d.status(t)
		// so little that what the client sends is passed by the count alone, not because it is busy
		if err := fetch(t.Context(), w, family, 3*mega); err != nil {
			t.Fatal(err)
		}
		for _, dev := range []string{lab.OuterDev, lab.InnerDev} {
			if passed(d.status(t), dev) == passed(before, dev) {
				t.Errorf("IPv%d: %s passes nothing since frames were lost", family, dev)
			}
		}
	}
}
