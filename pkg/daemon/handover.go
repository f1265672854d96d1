package daemon

import (
	"log/slog"

	"synscreen/pkg/dataplane"
)

// tellHandover ends the engine and logs what it leaves to the next one.
func tellHandover(log *slog.Logger, engine interface{ Close() (int, error) }) {
	flows, err := engine.Close()
	if err != nil {
		log.Error("a restart will lose spliced connections", "error", err)
		return
	}
	log.Info("flows handed over to the next daemon", "flows", flows)
}

// observeHandover logs what became of the flows of the daemon before.
func observeHandover(log *slog.Logger, before, now dataplane.Handover) {
	switch {
	case now.Result == before.Result:
	case now.Result.Refused():
		log.Warn("flows of the daemon before are not taken over: its spliced connections are lost, others "+
			"are learned anew", "file", "flows.handover", "reason", now.Result)
	default:
		log.Info("flows of the daemon before are taken over", "flows", now.Flows, "left", now.Left,
			"servers", now.Servers)
	}
}
