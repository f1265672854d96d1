package e2e

import (
	"cmp"
	"os"
	"slices"
	"testing"

	"synscreen/pkg/dataplane"
	"synscreen/test/lab"
)

// offloadVariable names, in the environment, who does the work of wires in all tests: auto, engine or
// driver. Not set: what is the default.
const offloadVariable = "SYNSCREEN_E2E_OFFLOAD"

// offloadStatements are what a configuration with a wire says of it, by a word of its own or that of all
// tests.
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

func fetchBoth(t testing.TB, w *lab.WireLab) {
	t.Helper()
	for _, family := range families {
		if err := fetch(t.Context(), w, family, 1); err != nil {
			t.Fatal(err)
		}
	}
}
