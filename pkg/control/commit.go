package control

import (
	"time"

	"synscreen/pkg/dataplane"
	"synscreen/pkg/history"
)

// ConfirmMinutesDefault is the time for a confirmation where none is given, as on Junos.
const ConfirmMinutesDefault = 10

// CommitRequest carries a configuration to be run.
type CommitRequest struct {
	Name string `json:"name"` // stands for the text in positions
	Text string `json:"text"`
	// ConfirmMinutes is the time after which what runs now runs again unless somebody confirms the
	// commit; 0: it needs no confirmation.
	ConfirmMinutes uint16 `json:"confirm_minutes,omitempty"`
}

// CommitResult says what became of a commit. With errors, the running configuration is as it was.
type CommitResult struct {
	Committed  bool           `json:"committed"`
	Generation uint64         `json:"generation"` // of what runs now; 0: nothing
	Mode       dataplane.Mode `json:"mode"`
	Errors     []string       `json:"errors"`
	Warnings   []string       `json:"warnings"`
	RollbackAt *time.Time     `json:"rollback_at,omitempty"` // unless it is confirmed before
}

// CheckResult says what a commit would do. Running is as it was.
type CheckResult struct {
	Passed     bool           `json:"passed"`
	Staged     bool           `json:"staged"`     // the engine was asked, not only the text looked at
	Generation uint64         `json:"generation"` // of what runs now; 0: nothing
	Mode       dataplane.Mode `json:"mode"`       // in which it would run
	Attach     []string       `json:"attach"`     // interfaces that would be taken
	Release    []string       `json:"release"`    // interfaces that would be given back
	Errors     []string       `json:"errors"`
	Warnings   []string       `json:"warnings"`
}

// ConfirmResult names the commit that needs no confirmation any more.
type ConfirmResult struct {
	Name       string   `json:"name"`
	Generation uint64   `json:"generation"`
	Warnings   []string `json:"warnings"`
}

// RollbackRequest asks for a kept configuration.
type RollbackRequest struct {
	Number int `json:"number"` // 0: the newest
}

// CommitList is what is kept, newest first.
type CommitList struct {
	Generation uint64           `json:"generation"`            // of what runs, which is the first; 0: nothing
	RollbackAt *time.Time       `json:"rollback_at,omitempty"` // unless it is confirmed before
	Commits    []history.Record `json:"commits"`               // the place is the number
}

// Configuration is one that is kept.
type Configuration struct {
	Number int            `json:"number"`
	Record history.Record `json:"record"`
	Text   string         `json:"text"` // as it was committed
}

// CompareRequest names what is compared with the running configuration: a kept one, or a text.
type CompareRequest struct {
	Number *int   `json:"number,omitempty"`
	Name   string `json:"name,omitempty"`
	Text   string `json:"text,omitempty"`
}

// Comparison tells what changes from one configuration to another.
type Comparison struct {
	From string `json:"from"`
	To   string `json:"to"`
	Diff string `json:"diff"` // as `show | compare` has it; empty: nothing
}
