package daemon

import (
	"log/slog"

	"synscreen/pkg/dataplane"
)

// watcher turns one reading of the engine a second into log records: what grew, what changed.
type watcher struct {
	zones map[string]dataplane.ZoneStatus
	ports map[string]dataplane.PortStatus
	last  dataplane.Status // of cluster time, keys and the handover
}

func newWatcher() *watcher {
	return &watcher{zones: map[string]dataplane.ZoneStatus{}, ports: map[string]dataplane.PortStatus{}}
}

// observe compares a reading with the one before and logs the difference.
func (w *watcher) observe(log *slog.Logger, status dataplane.Status) {
	zones := make(map[string]dataplane.ZoneStatus, len(status.Zones))
	for _, zone := range status.Zones {
		observeZone(log, w.zones[zone.Name], zone)
		observeSymmetry(log, w.zones[zone.Name], zone)
		zones[zone.Name] = zone
	}
	w.zones = zones
	ports := make(map[string]dataplane.PortStatus, len(status.Ports))
	for _, port := range status.Ports {
		before, known := w.ports[port.Interface]
		observePort(log, before, known, port)
		observeMTU(log, before, port, status.ChunkSize)
		ports[port.Interface] = port
	}
	w.ports = ports
	observeCluster(log, w.last, status)
	observeKeys(log, w.last.Key, status.Key)
	observeHandover(log, w.last.Handover, status.Handover)
	observeKeyset(log, w.last.KeysetLate, status.KeysetLate)
	observeWorkers(log, w.last, status)
	w.last = status
}

// observeZone logs the way into a flood and out of it. A flood that came and went between two readings
// is both. Single destinations are told of by eventLog.
func observeZone(log *slog.Logger, before, now dataplane.ZoneStatus) {
	log = log.With("tag", "RT_SCREEN_TCP", "zone", now.Name, "profile", now.Profile, "syn_rate", now.SynRate)
	entered := before.Flooding == 0 && (now.Flooding > 0 || now.Attacks > before.Attacks)
	if entered {
		log.Warn("zone is flooding", "flooding_destinations", now.Flooding,
			"attacks", now.Attacks-min(before.Attacks, now.Attacks))
	}
	if now.Flooding == 0 && (entered || before.Flooding > 0) {
		log.Info("zone is calm again", "attacks_total", now.Attacks, "cookies_valid_total", now.CookiesValid)
	}
}

// observeSymmetry logs what the connections of a zone have shown of the way back, when it matters.
func observeSymmetry(log *slog.Logger, before, now dataplane.ZoneStatus) {
	if now.Symmetry == before.Symmetry {
		return
	}
	log = log.With("zone", now.Name, "answers_seen", now.TwoWay, "connections_without", now.OneWay)
	remedy := "lead servers' answers through the wire, or set admission safe-reset or reset for the zone"
	switch now.Symmetry {
	case dataplane.SymmetryOneWay:
		log.Error("servers' answers go another way: where a zone's admission is splice, safe-reset takes its place",
			"remedy", remedy)
	case dataplane.SymmetryPartly:
		log.Warn("some of the servers' answers go another way: a splice breaks such connections", "remedy", remedy)
	case dataplane.SymmetryBoth:
		if before.Symmetry != dataplane.SymmetryUnknown {
			log.Info("servers' answers come by again")
		}
	default:
	}
}

// observeKeyset logs that no epoch can be begun, and that it can be again.
func observeKeyset(log *slog.Logger, before, late bool) {
	switch {
	case late && !before:
		log.Error("keys of the new epoch cannot be used", "remedy", "free or remount the state directory: "+
			"within two epochs no cookie can be minted or checked, and SYNs to flooding destinations are dropped")
	case before && !late:
		log.Info("keys of the new epoch are in use")
	}
}

// observeWorkers logs that workers stand still, and that all go on.
func observeWorkers(log *slog.Logger, before, now dataplane.Status) {
	switch {
	case now.WorkersLate > before.WorkersLate:
		log.Error("workers stand still: their ports do as without an engine", "workers_late", now.WorkersLate,
			"workers", now.Workers, "remedy", "give them processor time; if they stay so, restart the daemon")
	case before.WorkersLate > 0 && now.WorkersLate == 0:
		log.Info("all workers go on")
	}
}

// observeMTU logs that a port was given an MTU which the packet buffers cannot hold, and that it fits again.
// An attach would have been refused.
func observeMTU(log *slog.Logger, before, now dataplane.PortStatus, chunkSize uint32) {
	if chunkSize < dataplane.ChunkOverhead {
		return // no engine yet
	}
	limit := chunkSize - dataplane.ChunkOverhead
	log = portLog(log, now).With("mtu", now.MTU, "mtu_max", limit)
	switch {
	case now.MTU > limit && before.MTU <= limit:
		log.Error("port's MTU is larger than what packet buffers hold: larger frames are lost",
			"remedy", "lower it, or start with a larger --chunk-size")
	case now.MTU <= limit && before.MTU > limit:
		log.Info("port's MTU fits again")
	}
}

// observePort logs a link that was lost or found.
func observePort(log *slog.Logger, before dataplane.PortStatus, known bool, now dataplane.PortStatus) {
	log = portLog(log, now)
	switch {
	case now.Host && !now.Carrier && (!known || before.Carrier):
		log.Warn("port has no link")
	case !now.Carrier && (!known || before.Carrier):
		log.Warn("port has no link", "held_down", now.HeldDown, "peer", now.Peer)
	case now.Carrier && known && !before.Carrier:
		log.Info("port has its link again")
	}
}

// portLog names a port in what is logged of it: a host port has no wire.
func portLog(log *slog.Logger, p dataplane.PortStatus) *slog.Logger {
	if p.Host {
		return log.With("port", p.Interface, "host", true)
	}
	return log.With("port", p.Interface, "wire", p.Wire)
}
