package daemon

import (
	"log/slog"

	"synscreen/pkg/dataplane"
)

// observeKeys logs what became of the master keys, by their fingerprints.
func observeKeys(log *slog.Logger, before, now dataplane.KeyStatus) {
	if was := before.Other; was != "" && was != now.Other && was != now.Active {
		log.Info(otherForgotten(before.OtherKind), "fingerprint", was)
	}
	switch {
	case now.Active == before.Active:
	case before.Active == "":
		log.Info("master key in use", "fingerprint", now.Active, "file", now.File)
	default:
		log.Info("master key activated: cookies are minted with it", "fingerprint", now.Active,
			"file", now.File, "before", before.Active)
	}
	if now.Other == before.Other && now.OtherKind == before.OtherKind {
		return
	}
	switch now.OtherKind {
	case dataplane.OtherKeyStaged:
		log.Info("master key staged: its cookies are accepted", "fingerprint", now.Other)
	case dataplane.OtherKeyRetired:
		log.Info("master key retired: its cookies are still accepted", "fingerprint", now.Other,
			"left_s", now.OtherLeft.Seconds())
	}
}

func otherForgotten(kind dataplane.OtherKey) string {
	if kind == dataplane.OtherKeyStaged {
		return "staged master key forgotten: its cookies are rejected"
	}
	return "retired master key forgotten: its cookies are rejected"
}
