package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"synscreen/pkg/dataplane"
)

// synCookie is what cookies are made with: time, code and keys.
type synCookie struct {
	CheckEpoch    uint64                 `json:"check_epoch"`
	MintEpoch     uint64                 `json:"mint_epoch"`
	EpochSkew     time.Duration          `json:"epoch_skew_ns"`
	ClusterOffset time.Duration          `json:"cluster_offset_ns"`
	ClusterState  dataplane.ClusterState `json:"cluster_state"`
	ClusterJumps  uint64                 `json:"cluster_jumps"`
	Codec         string                 `json:"codec"`
	Key           dataplane.KeyStatus    `json:"key"`
}

func (a *app) synCookieCommand() *cobra.Command {
	return newView(a, view[synCookie]{
		use:   "syn-cookie",
		short: "Show the epochs, the cluster time and the master keys of SYN cookies",
		long: "Shows what cookies are made with. Peers that share the master key show the same fingerprint\n" +
			"and, but for the skew of their clocks, the same epochs. A fingerprint says nothing about its key.",
		args: takes(0, 0),
		ask: func(ctx context.Context, _ []string) (synCookie, error) {
			s, err := a.client().Status(ctx)
			return synCookie{s.CheckEpoch, s.MintEpoch, s.EpochSkew, s.ClusterOffset, s.ClusterState,
				s.ClusterJumps, s.Codec, s.Key}, err
		},
		print: printSynCookie,
	})
}

func printSynCookie(w io.Writer, c synCookie) {
	fmt.Fprintf(w, "Check epoch\t%d\n", c.CheckEpoch)
	fmt.Fprintf(w, "Mint epoch\t%d\n", c.MintEpoch)
	fmt.Fprintf(w, "Epoch skew\t%s\n", c.EpochSkew)
	fmt.Fprintf(w, "Cluster offset\t%s\n", c.ClusterOffset.Round(time.Millisecond))
	fmt.Fprintf(w, "Cluster state\t%s\n", clusterState(c.ClusterState))
	fmt.Fprintf(w, "Cluster jumps\t%d\n", c.ClusterJumps)
	fmt.Fprintf(w, "Codec\t%s\n", orDash(c.Codec))
	printKeys(w, c.Key)
}

func clusterState(state dataplane.ClusterState) string {
	switch state {
	case dataplane.ClusterFollows:
		return "follows the clock"
	case dataplane.ClusterJumped:
		return "jumped forward in the last minute: was more than 15 min behind the clock"
	case dataplane.ClusterAhead:
		return "ahead: more than 15 min before the clock, goes at half speed"
	}
	return state.String()
}

// printKeys names the master keys in use by their fingerprints.
func printKeys(w io.Writer, key dataplane.KeyStatus) {
	fmt.Fprintf(w, "Key file\t%s\n", orDash(key.File))
	fmt.Fprintf(w, "Active key\t%s\n", choose(key.Active != "", key.Active, "none was opened yet"))
	fmt.Fprintf(w, "Other key\t%s\n", otherKey(key))
}

func otherKey(key dataplane.KeyStatus) string {
	switch key.OtherKind {
	case dataplane.OtherKeyStaged:
		return key.Other + ", staged: accepted, not minted with"
	case dataplane.OtherKeyRetired:
		return fmt.Sprintf("%s, retired: forgotten in %s at most", key.Other, key.OtherLeft)
	}
	return key.OtherKind.String()
}
