package cli

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"synscreen/pkg/dataplane"
)

func TestShowSynCookiePrintsTimeAndKeys(t *testing.T) {
	const following = `Check epoch     27000001
Mint epoch      27000000
Epoch skew      2s
Cluster offset  -1.5s
Cluster state   follows the clock
Cluster jumps   6
Codec           avx2
`
	status := dataplane.Status{CheckEpoch: 27000001, MintEpoch: 27000000, EpochSkew: 2 * time.Second,
		ClusterOffset: -1500*time.Millisecond + 300*time.Nanosecond, ClusterJumps: 6, Codec: "avx2"}
	for want, key := range map[string]dataplane.KeyStatus{
		`Key file        -
Active key      none was opened yet
Other key       none
`: {},
		`Key file        /s/master.key
Active key      0123456789abcdef
Other key       none
`: {File: "/s/master.key", Active: "0123456789abcdef"},
		`Key file        /s/master.key
Active key      0123456789abcdef
Other key       fedcba9876543210, staged: accepted, not minted with
`: stagedKey(),
		`Key file        /s/master.key
Active key      fedcba9876543210
Other key       0123456789abcdef, retired: forgotten in 2m11s at most
`: retiredKey(),
	} {
		status.Key = key
		expect(t, outcome{Stdout: following + want},
			"show", "security", "syn-cookie", "--control-socket", serve(t, &canned{status: status}))
	}
}

func TestShowSynCookieSaysTheStateOfClusterTimeInWords(t *testing.T) {
	for state, want := range map[dataplane.ClusterState]string{
		dataplane.ClusterJumped: "jumped forward in the last minute: was more than 15 min behind the clock",
		dataplane.ClusterAhead:  "ahead: more than 15 min before the clock, goes at half speed",
		9:                       "unknown-9",
	} {
		if got := clusterState(state); got != want {
			t.Errorf("state %s: %q, want %q", state, got, want)
		}
	}
}

func TestShowSynCookieGivesFingerprintsInJSON(t *testing.T) {
	socket := serve(t, &canned{status: dataplane.Status{Key: retiredKey(), ClusterState: dataplane.ClusterAhead}})
	got := command(t, "show", "security", "syn-cookie", "--json", "--control-socket", socket)
	var read map[string]any
	if err := json.Unmarshal([]byte(got.Stdout), &read); err != nil {
		t.Fatalf("%v: %+v", err, got)
	}
	want := map[string]any{
		"check_epoch": 0.0, "mint_epoch": 0.0, "epoch_skew_ns": 0.0, "cluster_offset_ns": 0.0,
		"cluster_state": "ahead", "cluster_jumps": 0.0, "codec": "",
		"key": map[string]any{"file": "/s/master.key", "active": "fedcba9876543210", "other_kind": "retired",
			"other": "0123456789abcdef", "other_left_ns": 131e9},
	}
	if diff := cmp.Diff(want, read); diff != "" {
		t.Errorf("JSON (-want +got):\n%s", diff)
	}
}
