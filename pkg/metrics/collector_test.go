package metrics

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"synscreen/pkg/dataplane"
)

// still is a source that always says the same, and counts how often it is asked.
type still struct {
	status dataplane.Status
	err    error
	asked  int
}

func (s *still) Status(context.Context) (dataplane.Status, error) {
	s.asked++
	return s.status, s.err
}

func sample() *still {
	return &still{status: dataplane.Status{
		Generation: 3, Mode: dataplane.ModeSynCookie, Uptime: 90 * time.Second,
		CheckEpoch: 101, MintEpoch: 100, ClusterOffset: -1500 * time.Millisecond,
		EpochSkew: 2 * time.Second, ClusterState: dataplane.ClusterAhead, ClusterJumps: 6, Codec: "avx2",
		Key: dataplane.KeyStatus{Active: "aa", Other: "bb", OtherKind: dataplane.OtherKeyRetired,
			OtherLeft: 131 * time.Second},
		Flows: dataplane.FlowTable{Used: 5, Capacity: 1024, Installed: 9},
		Ports: []dataplane.PortStatus{{
			Interface: "eth1", Peer: "eth2", Wire: "w1", Zone: "untrust", Carrier: true, Native: true,
			RxFrames: 11,
			Frames: []dataplane.ReasonCount{
				{Reason: "forward_flow", Verdict: dataplane.Forward, Frames: 7},
				{Reason: "reply_challenge", Verdict: dataplane.Reply, Frames: 4},
			},
			Shim: []dataplane.ShimCount{{Counter: "shim_to_engine", Frames: 11}},
		}},
		Zones: []dataplane.ZoneStatus{{Name: "untrust", Flooding: 1, SynRate: 1000, Alarms: 6}},
	}}
}

func TestMetricsNamesAreClean(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(NewCollector(sample()))
	problems, err := testutil.GatherAndLint(registry)
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range problems {
		t.Errorf("%s: %s", problem.Metric, problem.Text)
	}
}

func TestMetricsShowTheStatus(t *testing.T) {
	const want = `
# HELP synscreen_cluster_ahead Whether cluster time is more than 15 min ahead, and goes at half speed.
# TYPE synscreen_cluster_ahead gauge
synscreen_cluster_ahead 1
# HELP synscreen_cluster_jumps_total Times that cluster time was more than 15 min behind and jumped.
# TYPE synscreen_cluster_jumps_total counter
synscreen_cluster_jumps_total 6
# HELP synscreen_cluster_offset_seconds Cluster time minus this machine's clock.
# TYPE synscreen_cluster_offset_seconds gauge
synscreen_cluster_offset_seconds -1.5
# HELP synscreen_codec_info Always 1; the label says which code computes cookies.
# TYPE synscreen_codec_info gauge
synscreen_codec_info{codec="avx2"} 1
# HELP synscreen_epoch Full epoch of the cookie keys, by use.
# TYPE synscreen_epoch gauge
synscreen_epoch{use="check"} 101
synscreen_epoch{use="mint"} 100
# HELP synscreen_epoch_skew_seconds Time that the clocks of peers may be apart.
# TYPE synscreen_epoch_skew_seconds gauge
synscreen_epoch_skew_seconds 2
# HELP synscreen_flows Flows in the table.
# TYPE synscreen_flows gauge
synscreen_flows 5
# HELP synscreen_frames_total Frames by the verdict and the one reason that each had.
# TYPE synscreen_frames_total counter
synscreen_frames_total{port="eth1",reason="forward_flow",verdict="forward",zone="untrust"} 7
synscreen_frames_total{port="eth1",reason="reply_challenge",verdict="reply",zone="untrust"} 4
# HELP synscreen_key_info Always 1 for each master key in use; the labels say which and what for.
# TYPE synscreen_key_info gauge
synscreen_key_info{fingerprint="aa",use="active"} 1
synscreen_key_info{fingerprint="bb",use="retired"} 1
# HELP synscreen_key_retired_left_seconds Time until the retired master key is forgotten; 0 when none is.
# TYPE synscreen_key_retired_left_seconds gauge
synscreen_key_retired_left_seconds 131
# HELP synscreen_port_receive_frames_total Frames taken from the receive rings.
# TYPE synscreen_port_receive_frames_total counter
synscreen_port_receive_frames_total{port="eth1"} 11
# HELP synscreen_shim_frames_total Frames by what the XDP program did with them.
# TYPE synscreen_shim_frames_total counter
synscreen_shim_frames_total{counter="shim_to_engine",port="eth1"} 11
# HELP synscreen_syn_rate SYNs from the zone in the last whole second.
# TYPE synscreen_syn_rate gauge
synscreen_syn_rate{zone="untrust"} 1000
# HELP synscreen_up Whether the engine gave its status to this scrape.
# TYPE synscreen_up gauge
synscreen_up 1
# HELP synscreen_zone_flooding Whether some destination of the zone floods.
# TYPE synscreen_zone_flooding gauge
synscreen_zone_flooding{zone="untrust"} 1
`
	names := []string{"synscreen_cluster_ahead", "synscreen_cluster_jumps_total",
		"synscreen_cluster_offset_seconds", "synscreen_codec_info", "synscreen_epoch",
		"synscreen_epoch_skew_seconds", "synscreen_key_info", "synscreen_key_retired_left_seconds",
		"synscreen_flows", "synscreen_frames_total", "synscreen_port_receive_frames_total", "synscreen_shim_frames_total",
		"synscreen_syn_rate", "synscreen_up", "synscreen_zone_flooding"}
	err := testutil.CollectAndCompare(NewCollector(sample()), strings.NewReader(want), names...)
	if err != nil {
		t.Error(err)
	}
}

func TestScrapeBeforeAKeyWasOpenedNamesNone(t *testing.T) {
	if n := testutil.CollectAndCount(NewCollector(&still{}), "synscreen_key_info"); n != 0 {
		t.Errorf("%d keys", n)
	}
}

func TestScrapeAsksTheEngineOnce(t *testing.T) {
	source := sample()
	recorder := httptest.NewRecorder()
	Handler(source).ServeHTTP(recorder, httptest.NewRequest("GET", "/metrics", nil))
	if recorder.Code != 200 || source.asked != 1 {
		t.Errorf("status %d, asked %d times", recorder.Code, source.asked)
	}
}

func TestScrapeOfAnEngineThatFailsSaysSo(t *testing.T) {
	const want = `
# HELP synscreen_up Whether the engine gave its status to this scrape.
# TYPE synscreen_up gauge
synscreen_up 0
`
	collector := NewCollector(&still{err: errors.New("closed")})
	if err := testutil.CollectAndCompare(collector, strings.NewReader(want), "synscreen_up"); err != nil {
		t.Error(err)
	}
	if n := testutil.CollectAndCount(collector); n != 2 {
		t.Errorf("%d samples, want up and build_info", n)
	}
}
