package history

import (
	"fmt"
	"slices"
)

// Way is how a configuration came to run.
type Way int

// The ways.
const (
	Start           Way = iota // the daemon's file, when it started
	Reload                     // the daemon's file, read again
	Commit                     // for good
	CommitConfirmed            // until somebody confirms it, or the time is over
	Rollback                   // one that was kept
	AutoRollback               // what ran before a commit that nobody confirmed
)

func wayNames() []string {
	return []string{"start", "reload", "commit", "commit confirmed", "rollback", "automatic rollback"}
}

// String gives the way in words.
func (w Way) String() string {
	if names := wayNames(); w >= 0 && int(w) < len(names) {
		return names[w]
	}
	return fmt.Sprintf("unknown-%d", int(w))
}

// MarshalText gives the words.
func (w Way) MarshalText() ([]byte, error) { return []byte(w.String()), nil }

// UnmarshalText reads the words.
func (w *Way) UnmarshalText(text []byte) error {
	i := slices.Index(wayNames(), string(text))
	if i < 0 {
		return fmt.Errorf("read the way of a commit: %q is none of %q", text, wayNames())
	}
	*w = Way(i)
	return nil
}
