package daemon

import (
	"log/slog"

	"synscreen/pkg/dataplane"
)

// observeCluster logs a jump of cluster time, and the way into being far ahead and out of it.
func observeCluster(log *slog.Logger, before, now dataplane.Status) {
	log = log.With("offset_s", now.ClusterOffset.Seconds(), "check_epoch", now.CheckEpoch)
	if now.ClusterJumps > before.ClusterJumps {
		log.Warn("cluster time jumped forward: it was more than 15 min behind the clock; cookies that were "+
			"in flight are rejected; check NTP here and on the peers",
			"jumps", now.ClusterJumps-before.ClusterJumps)
	}
	isAhead := now.ClusterState == dataplane.ClusterAhead
	wasAhead := before.ClusterState == dataplane.ClusterAhead
	switch {
	case isAhead && !wasAhead:
		log.Warn("cluster time is more than 15 min ahead of the clock: it goes at half speed until it is not, " +
			"and peers whose clocks are right reject its cookies; check NTP here")
	case !isAhead && wasAhead:
		log.Info("cluster time is no longer more than 15 min ahead of the clock")
	}
}
