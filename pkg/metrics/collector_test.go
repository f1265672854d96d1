package metrics

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"

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

func (s *still) EventTotals() EventTotals {
	return EventTotals{Logged: 21, Suppressed: 22, Lost: 23, SyslogSent: 24, SyslogDropped: 25}
}

func sample() *still {
	return &still{status: dataplane.Status{
		Generation: 3, Mode: dataplane.ModeSynCookie, Uptime: 90 * time.Second,
		CheckEpoch: 101, MintEpoch: 100, ClusterOffset: -1500 * time.Millisecond,
		EpochSkew: 2 * time.Second, ClusterState: dataplane.ClusterAhead, ClusterJumps: 6, Codec: "avx2",
		Key: dataplane.KeyStatus{Active: "aa", Other: "bb", OtherKind: dataplane.OtherKeyRetired,
			OtherLeft: 131 * time.Second},
		Flows:     dataplane.FlowTable{Used: 5, Capacity: 1024, Installed: 9},
		Validated: dataplane.ValidatedTotals{Inserted: 41, Renewed: 42, Refused: 43, Capacity: 65536},
		Ports: []dataplane.PortStatus{{
			Interface: "eth1", Peer: "eth2", Wire: "w1", Zone: "untrust", Carrier: true, Native: true,
			RxFrames: 11, Offload: dataplane.OffloadAnswer | dataplane.OffloadCheck,
			Frames: []dataplane.ReasonCount{
				{Reason: "forward_flow", Verdict: dataplane.Forward, Frames: 7},
				{Reason: "reply_challenge", Verdict: dataplane.Reply, Frames: 4},
			},
			Shim: []dataplane.ShimCount{{Counter: "shim_to_engine", Frames: 11}, {Counter: "shim_host_calm"},
				{Counter: "shim_challenged", Frames: 16}},
		}, {
			Interface: "eth3", Zone: "world", Host: true, Admission: dataplane.AdmissionKernel, Carrier: true,
			Offload: dataplane.OffloadAnswer,
			Shim: []dataplane.ShimCount{
				{Counter: "shim_to_engine", Frames: 12}, {Counter: "shim_host_calm", Frames: 13},
				{Counter: "shim_host_admitted", Frames: 14}, {Counter: "shim_host_asked", Frames: 15},
			},
		}},
		Zones: []dataplane.ZoneStatus{
			{Name: "trust", IDs: make([]uint64, dataplane.ScreenCount)},
			{Name: "untrust", Profile: "web", Flooding: 1, SynRate: 1000, Alarms: 6, Challenged: 31,
				CookiesValid: 32, CookiesInvalid: 33, Refused: 34, TwoWay: 35, OneWay: 36, IDs: hits()},
		},
	}}
}

// hits gives each screen a number of its own.
func hits() []uint64 {
	hits := make([]uint64, dataplane.ScreenCount)
	for i := range hits {
		hits[i] = 100 + uint64(i)
	}
	return hits
}

// page gives the families of a scrape, each of which has a sample.
func page(t *testing.T) []*dto.MetricFamily {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	collector := NewCollector(sample())
	registry.MustRegister(collector)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	if want := 2 + len(collector.metrics) + len(collector.events); len(families) != want {
		t.Fatalf("%d families have a sample, %d are described: complete the sample", len(families), want)
	}
	return families
}

func TestMetricsNamesAreClean(t *testing.T) {
	problems, err := promlint.NewWithMetricFamilies(page(t)).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range problems {
		t.Errorf("%s: %s", problem.Metric, problem.Text)
	}
}

func TestEachScreenOfAScreenedZoneIsCountedByItsLabel(t *testing.T) {
	got := map[string]float64{}
	for _, family := range page(t) {
		if family.GetName() != "synscreen_screen_hits_total" {
			continue
		}
		for _, sample := range family.GetMetric() {
			labels := map[string]string{}
			for _, label := range sample.GetLabel() {
				labels[label.GetName()] = label.GetValue()
			}
			got[labels["zone"]+" "+labels["screen"]] = sample.GetCounter().GetValue()
		}
	}
	want := map[string]float64{}
	for _, screen := range dataplane.Screens() {
		want["untrust "+screen.String()] = 100 + float64(screen)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("samples (-want +got):\n%s", diff)
	}
	if got["untrust tcp_port_scan"] != 103 {
		t.Errorf("TCP port scan is %v", got["untrust tcp_port_scan"])
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
# HELP synscreen_events_logged_total Events of the engine that were logged.
# TYPE synscreen_events_logged_total counter
synscreen_events_logged_total 21
# HELP synscreen_events_lost_total Events that the engine had no room for.
# TYPE synscreen_events_lost_total counter
synscreen_events_lost_total 23
# HELP synscreen_events_suppressed_total Events that were not logged: too many of their tag in a second.
# TYPE synscreen_events_suppressed_total counter
synscreen_events_suppressed_total 22
# HELP synscreen_flows Flows in the table.
# TYPE synscreen_flows gauge
synscreen_flows 5
# HELP synscreen_frames_total Frames by the verdict and the one reason that each had.
# TYPE synscreen_frames_total counter
synscreen_frames_total{port="eth1",reason="forward_flow",verdict="forward",zone="untrust"} 7
synscreen_frames_total{port="eth1",reason="reply_challenge",verdict="reply",zone="untrust"} 4
# HELP synscreen_host_frames_total SYNs and answers to challenges at host ports by what became of them.
# TYPE synscreen_host_frames_total counter
synscreen_host_frames_total{counter="shim_host_admitted",port="eth3",zone="world"} 14
synscreen_host_frames_total{counter="shim_host_calm",port="eth3",zone="world"} 13
# HELP synscreen_host_questions_total Times that the kernel was asked whether a listener of a host port overflows.
# TYPE synscreen_host_questions_total counter
synscreen_host_questions_total{port="eth3",zone="world"} 15
# HELP synscreen_key_info Always 1 for each master key in use; the labels say which and what for.
# TYPE synscreen_key_info gauge
synscreen_key_info{fingerprint="aa",use="active"} 1
synscreen_key_info{fingerprint="bb",use="retired"} 1
# HELP synscreen_key_retired_left_seconds Time until the retired master key is forgotten; 0 when none is.
# TYPE synscreen_key_retired_left_seconds gauge
synscreen_key_retired_left_seconds 131
# HELP synscreen_port_info Always 1; the labels describe the port.
# TYPE synscreen_port_info gauge
synscreen_port_info{admission="",attach="native",bind="copy",kind="wire",on_failure="open",peer="eth2",port="eth1",wire="w1",zone="untrust"} 1
synscreen_port_info{admission="kernel",attach="generic",bind="copy",kind="host",on_failure="",peer="",port="eth3",wire="",zone="world"} 1
# HELP synscreen_port_offload Whether the driver of a port does it in the engine's place.
# TYPE synscreen_port_offload gauge
synscreen_port_offload{does="answer",port="eth1"} 1
synscreen_port_offload{does="answer",port="eth3"} 1
synscreen_port_offload{does="check",port="eth1"} 1
synscreen_port_offload{does="check",port="eth3"} 0
synscreen_port_offload{does="pass",port="eth1"} 0
# HELP synscreen_port_receive_frames_total Frames taken from the receive rings.
# TYPE synscreen_port_receive_frames_total counter
synscreen_port_receive_frames_total{port="eth1"} 11
synscreen_port_receive_frames_total{port="eth3"} 0
# HELP synscreen_shim_frames_total Frames by what the XDP program did with them.
# TYPE synscreen_shim_frames_total counter
synscreen_shim_frames_total{counter="shim_challenged",port="eth1"} 16
synscreen_shim_frames_total{counter="shim_to_engine",port="eth1"} 11
synscreen_shim_frames_total{counter="shim_to_engine",port="eth3"} 12
# HELP synscreen_syn_rate SYNs from the zone in the last whole second.
# TYPE synscreen_syn_rate gauge
synscreen_syn_rate{zone="trust"} 0
synscreen_syn_rate{zone="untrust"} 1000
# HELP synscreen_syslog_dropped_total Messages that syslog could not be sent in time.
# TYPE synscreen_syslog_dropped_total counter
synscreen_syslog_dropped_total 25
# HELP synscreen_syslog_sent_total Messages that were sent to syslog.
# TYPE synscreen_syslog_sent_total counter
synscreen_syslog_sent_total 24
# HELP synscreen_up Whether the engine gave its status to this scrape.
# TYPE synscreen_up gauge
synscreen_up 1
# HELP synscreen_zone_challenged_total Challenges sent, or that would have been under alarm-without-drop.
# TYPE synscreen_zone_challenged_total counter
synscreen_zone_challenged_total{zone="trust"} 0
synscreen_zone_challenged_total{zone="untrust"} 31
# HELP synscreen_zone_challenges_refused_total Challenges that the reply budget did not allow.
# TYPE synscreen_zone_challenges_refused_total counter
synscreen_zone_challenges_refused_total{zone="trust"} 0
synscreen_zone_challenges_refused_total{zone="untrust"} 34
# HELP synscreen_zone_cookies_invalid_total ACKs to flooding destinations whose cookie did not check.
# TYPE synscreen_zone_cookies_invalid_total counter
synscreen_zone_cookies_invalid_total{zone="trust"} 0
synscreen_zone_cookies_invalid_total{zone="untrust"} 33
# HELP synscreen_zone_cookies_valid_total Valid cookies that came back.
# TYPE synscreen_zone_cookies_valid_total counter
synscreen_zone_cookies_valid_total{zone="trust"} 0
synscreen_zone_cookies_valid_total{zone="untrust"} 32
# HELP synscreen_zone_flooding Whether some destination of the zone floods.
# TYPE synscreen_zone_flooding gauge
synscreen_zone_flooding{zone="trust"} 0
synscreen_zone_flooding{zone="untrust"} 1
`
	names := []string{"synscreen_cluster_ahead", "synscreen_cluster_jumps_total",
		"synscreen_cluster_offset_seconds", "synscreen_codec_info", "synscreen_epoch",
		"synscreen_epoch_skew_seconds", "synscreen_key_info", "synscreen_key_retired_left_seconds",
		"synscreen_flows", "synscreen_frames_total", "synscreen_host_frames_total", "synscreen_host_questions_total",
		"synscreen_port_info", "synscreen_port_offload", "synscreen_port_receive_frames_total", "synscreen_shim_frames_total",
		"synscreen_syn_rate", "synscreen_up", "synscreen_zone_flooding",
		"synscreen_events_logged_total", "synscreen_events_suppressed_total", "synscreen_events_lost_total",
		"synscreen_syslog_sent_total", "synscreen_syslog_dropped_total", "synscreen_zone_challenged_total",
		"synscreen_zone_cookies_valid_total", "synscreen_zone_cookies_invalid_total",
		"synscreen_zone_challenges_refused_total"}
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
	if n, want := testutil.CollectAndCount(collector), 2+len(collector.events); n != want {
		t.Errorf("%d samples, want %d: up, build_info and what the daemon knows itself", n, want)
	}
}
