package main

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"synscreen/bench/usage"
	"synscreen/bench/visiting"
	"synscreen/pkg/dataplane"
	"synscreen/test/lab"
)

func TestWhatBecameOfAStormIsOfTheOuterPort(t *testing.T) {
	port := func(name string, scale uint64) dataplane.PortStatus {
		shim := []dataplane.ShimCount{{Counter: "shim_cookie_invalid", Frames: scale},
			{Counter: "shim_challenged", Frames: 99}}
		return dataplane.PortStatus{Interface: name, KernelRxDropped: 3 * scale, Shim: shim,
			Frames: []dataplane.ReasonCount{{Reason: "drop_cookie_invalid", Verdict: dataplane.Drop, Frames: scale},
				{Reason: "forward_flow", Verdict: dataplane.Forward, Frames: 99},
				{Reason: "drop_no_flow", Verdict: dataplane.Drop, Frames: scale}}}
	}
	got := lookOf(dataplane.Status{Ports: []dataplane.PortStatus{port(innerDev, 1000), port(frontDev, 10)}})
	if got != (strayLook{driver: 10, engine: 20, lost: 30}) {
		t.Errorf("%+v", got)
	}
}

func TestAStormIsCountedByTheSecondThatItWasLookedAt(t *testing.T) {
	row := &stray{By: "wire's driver", Kind: "ack", Wanted: 20_000}
	from := strayLook{at: time.Unix(100, 0), own: usage.Own{User: 1, System: 2}, driver: 50, engine: 5, lost: 1}
	to := strayLook{at: time.Unix(102, 0), own: usage.Own{User: 1.5, System: 3}, driver: 4050, engine: 25,
		lost: 7}
	visits := []visiting.Visit{
		{Succeeded: true, Connect: 1}, {Succeeded: true, Connect: 3}, {}}
	if err := row.add(stormResult{Sent: 30_000, Seconds: 3}, from, to, visits); err != nil {
		t.Fatal(err)
	}
	r := &strayingResults{Rows: []*stray{row, {By: "wire's driver", Kind: calm}}, Rounds: 1}
	r.sum()
	var out strings.Builder
	r.print(&out)
	for _, want := range []string{"driver ack 20000 10000 2000 10 3 25 % 50 % 66.7 % 2.00 3.0",
		"driver none 0 - - - - - - - NaN NaN"} {
		if !strings.Contains(strings.Join(strings.Fields(out.String()), " "), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
	if _, err := json.Marshal(r); err != nil {
		t.Error(err)
	}
}

func TestAStormThatSomebodyElseDroppedIsNoMeasurement(t *testing.T) {
	for _, row := range []struct {
		by, kind       string
		driver, engine float64
		good           bool
	}{
		{"host's driver", "ack", 1000, 10, true},
		{"host's driver", "ack", 0, 1000, false},
		{"host's driver", "ack", 0, 0, false},
		{"engine", "ack", 0, 1000, true},
		{"engine", "ack", 1, 1000, false},
		{"engine", "ack", 0, 0, false},
		{"host's driver", calm, 0, 0, true},
		{"engine", calm, 0, 3, true},
		{"engine", calm, 1, 0, false},
	} {
		s := &stray{By: row.by, Kind: row.kind}
		to := strayLook{at: time.Unix(1, 0), driver: row.driver, engine: row.engine}
		err := s.add(stormResult{Seconds: 1}, strayLook{at: time.Unix(0, 0)}, to, nil)
		if (err == nil) != row.good || (len(s.User) == 1) != row.good {
			t.Errorf("%+v: %v, noted %v", row, err, s.User)
		}
	}
}

func TestEveryStormIsMeasuredByEach(t *testing.T) {
	type storm struct {
		kind   string
		wanted int
	}
	seen := map[storm]int{}
	for _, row := range newStraying(1).Rows {
		seen[storm{row.Kind, row.Wanted}]++
	}
	want := map[storm]int{{calm, 0}: 3}
	for _, kind := range []string{"ack", "rst", "syn-ack"} {
		want[storm{kind, 1_000_000}], want[storm{kind, maximum}] = 3, 3
	}
	if !maps.Equal(seen, want) {
		t.Errorf("%v, not %v", seen, want)
	}
}

func TestVisitorsAreBesideTheSpoofed(t *testing.T) {
	for i := range visitors.Count {
		if a := visitors.Addr(i).String(); strings.HasPrefix(a, strings.TrimSuffix(lab.SpoofedPrefix4, "0.0/16")) {
			t.Errorf("visitor %d has %s", i, a)
		}
	}
}
