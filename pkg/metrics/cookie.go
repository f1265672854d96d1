package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"synscreen/pkg/dataplane"
)

// cookieFamilies are about what cookies are made with: time, keys and code.
func cookieFamilies() []metric {
	return []metric{
		family("epoch", "Full epoch of the cookie keys, by use.", prometheus.GaugeValue,
			[]string{"use"}, func(s *dataplane.Status, emit emit) {
				emit(float64(s.CheckEpoch), "check")
				emit(float64(s.MintEpoch), "mint")
			}),
		gauge("epoch_skew_seconds", "Time that the clocks of peers may be apart.",
			func(s *dataplane.Status) float64 { return s.EpochSkew.Seconds() }),
		gauge("cluster_offset_seconds", "Cluster time minus this machine's clock.",
			func(s *dataplane.Status) float64 { return s.ClusterOffset.Seconds() }),
		gauge("cluster_ahead", "Whether cluster time is more than 15 min ahead, and goes at half speed.",
			func(s *dataplane.Status) float64 { return truth(s.ClusterState == dataplane.ClusterAhead) }),
		counter("cluster_jumps_total", "Times that cluster time was more than 15 min behind and jumped.",
			func(s *dataplane.Status) uint64 { return s.ClusterJumps }),
		family("key_info", "Always 1 for each master key in use; the labels say which and what for.",
			prometheus.GaugeValue, []string{"fingerprint", "use"}, emitKeys),
		gauge("key_retired_left_seconds", "Time until the retired master key is forgotten; 0 when none is.",
			func(s *dataplane.Status) float64 { return s.Key.OtherLeft.Seconds() }),
		family("codec_info", "Always 1; the label says which code computes cookies.",
			prometheus.GaugeValue, []string{"codec"},
			func(s *dataplane.Status, emit emit) { emit(1, s.Codec) }),
	}
}

// emitKeys gives one sample for each key. A fingerprint says nothing about its key.
func emitKeys(s *dataplane.Status, emit emit) {
	if s.Key.Active != "" {
		emit(1, s.Key.Active, "active")
	}
	if s.Key.OtherKind != dataplane.OtherKeyNone {
		emit(1, s.Key.Other, s.Key.OtherKind.String())
	}
}
