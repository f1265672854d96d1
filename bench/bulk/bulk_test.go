package main

import (
	"encoding/json"
	"strings"
	"testing"

	"synscreen/bench/usage"
	"synscreen/pkg/dataplane"
)

func TestAFlowIsWhatItsReceiverGot(t *testing.T) {
	f, err := parseFlow([]byte(`{"start":{"tcp_mss_default":1448},"end":{"streams":[],
		"sum_sent":{"bytes":1449448,"bits_per_second":11595584,"retransmits":7},
		"sum_received":{"bytes":1448000,"bits_per_second":11584000}}}`))
	if err != nil || f != (flow{BitsPerSecond: 11584000, Bytes: 1448000, Retransmits: 7, MSS: 1448}) {
		t.Errorf("%+v: %v", f, err)
	}
	if f.segments() != 1000 {
		t.Errorf("%v segments", f.segments())
	}
	for _, text := range []string{`{"error":"unable to connect"}`, `iperf3: error`, ``,
		`{"start":{"tcp_mss_default":1448},"end":{"sum_received":{"bytes":0}}}`} {
		if f, err := parseFlow([]byte(text)); err == nil {
			t.Errorf("%s: %+v", text, f)
		}
	}
}

func TestAWayIsTakenOnlyForWhatItIs(t *testing.T) {
	const segments = 100_000
	for _, row := range []struct {
		name, way string
		done      work
		good      bool
	}{
		{"all by the driver, and acknowledgements", driver, work{driver: 140_000, engine: 40}, true},
		{"a fifth by the engine", driver, work{driver: 80_000, engine: 20_000}, false},
		{"driver and engine", driver, work{driver: 100_000, engine: 10_000}, false},
		{"all by the engine", driver, work{engine: 100_000}, false},
		{"spliced", driver, work{driver: 100_000, spliced: 2}, false},
		{"all by the engine", engine, work{engine: 140_000}, true},
		{"one by the driver", engine, work{driver: 1, engine: 140_000}, false},
		{"half of them", engine, work{engine: 50_000}, false},
		{"spliced", engine, work{engine: 100_000, spliced: 1}, false},
		{"both connections", spliced, work{spliced: 2, engine: 100}, true},
		{"one of them", spliced, work{spliced: 1}, false},
		{"as they were, by the driver", spliced, work{spliced: 2, driver: 1}, false},
		{"as they were, by the engine", spliced, work{spliced: 2, engine: 50_000}, false},
		{"without a wire", bridge, work{}, true},
	} {
		if err := row.done.check(row.way, segments); (err == nil) != row.good {
			t.Errorf("%s, %s: %v", row.way, row.name, err)
		}
	}
}

func TestWorkIsOfAllPorts(t *testing.T) {
	port := func(driver, engine uint64) dataplane.PortStatus {
		return dataplane.PortStatus{Shim: []dataplane.ShimCount{{Counter: "shim_forwarded_flow", Frames: driver}},
			Frames: []dataplane.ReasonCount{{Reason: "forward_flow", Frames: engine}}}
	}
	s := dataplane.Status{Ports: []dataplane.PortStatus{port(10, 1), port(20, 2)}}
	s.Splices.Opened = 5
	if got := workOf(s).minus(work{driver: 5, engine: 1, spliced: 3}); got != (work{25, 2, 2}) {
		t.Errorf("%+v", got)
	}
}

// measured is two rounds: in the second the machine is half as fast.
func measured() *results {
	r := newResults(2, 2)
	for _, slow := range []float64{1, 2} {
		for i, w := range r.Ways {
			n := float64(i + 1)
			r.add(w.Name, measurement{
				flow:    flow{BitsPerSecond: 8e9 / n / slow, Bytes: 2e9 / n / slow, Retransmits: i, MSS: 1448},
				machine: 4, daemon: usage.Own{User: 0.5, System: 1}, connections: 10_000 / n / slow})
		}
	}
	r.sum()
	return r
}

func TestRatiosAreOfTheSameRound(t *testing.T) {
	r := measured()
	w := r.way(driver) // the third
	if got, want := w.OfBridge, (ratios{1.0 / 3, 3, 1.0 / 3}); !got.near(want) {
		t.Errorf("of the bridge: %+v, not %+v", got, want)
	}
	if got, want := w.OfRedirect, (ratios{2.0 / 3, 1.5, 2.0 / 3}); !got.near(want) {
		t.Errorf("of the redirect: %+v, not %+v", got, want)
	}
	if w.Processor[0] != 6 || w.DaemonUser[0] != 0.75 || w.DaemonSystem[1] != 3 {
		t.Errorf("seconds a gigabyte: %v, of these the daemon's %v and %v", w.Processor, w.DaemonUser,
			w.DaemonSystem)
	}
}

func (r ratios) near(to ratios) bool {
	near := func(a, b float64) bool { return a-b < 1e-9 && b-a < 1e-9 }
	return near(float64(r.Rate), float64(to.Rate)) && near(float64(r.Processor), float64(to.Processor)) &&
		near(float64(r.Connections), float64(to.Connections))
}

func TestResultsArePrintedAndStored(t *testing.T) {
	r := measured()
	var out strings.Builder
	r.print(&out)
	for _, want := range []string{"XDP_REDIRECT 3000 2000 4000 0.50 1.00 1 6.00 2.00 1.00 0.75 1.50",
		"wire, spliced 1500 1000 2000 0.20 0.40", "unspliced: 0.80"} {
		if !strings.Contains(strings.Join(strings.Fields(out.String()), " "), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
	if _, err := json.Marshal(r); err != nil {
		t.Error(err)
	}
}
