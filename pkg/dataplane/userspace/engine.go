// Package userspace drives the AF_XDP engine: it compiles a configuration to the engine's snapshot,
// stages it, derives from the engine's proofs whether it may run, and publishes or drops it.
package userspace

import "synscreen/pkg/dataplane"

// Engine is what the manager needs of a packet engine. One goroutine at a time calls it.
type Engine interface {
	// Prepare stages an encoded snapshot. On failure nothing is staged.
	Prepare(snapshot []byte) error
	// Publish makes what is staged the running configuration.
	Publish() error
	// Drop undoes Prepare; it does nothing when nothing is staged.
	Drop()
	// StageKey accepts what is minted with the master key in a file, which the engine opens.
	StageKey(file string) error
	// ActivateKey mints with the staged master key.
	ActivateKey() error
	// RotateKey mints with a new random master key.
	RotateKey() error
	// Capabilities reports what was proved of what is staged, else of what runs.
	Capabilities() (dataplane.Capabilities, error)
	// Status reads every counter once.
	Status() (dataplane.Status, error)
	// Flows reads up to limit flows from cursor on, 0 at first. No rows means the end.
	Flows(cursor uint64, limit int) (rows []dataplane.FlowRow, next uint64, err error)
	// ClearFlows takes the flows that a filter selects out of the table, and gives how many there were.
	ClearFlows(filter dataplane.FlowFilter) (int, error)
	// Servers reads up to limit known servers from cursor on, 0 at first. No rows means the end.
	Servers(cursor uint64, limit int) (rows []dataplane.Server, next uint64, err error)
	// ClearServers forgets what was learned of servers, and gives of how many.
	ClearServers() (int, error)
	// Validated reads some validated clients from cursor on.
	Validated(cursor uint64, limit int) ([]dataplane.ValidatedClient, uint64, error)
	// ClearValidated forgets those of a zone; empty: of all.
	ClearValidated(zone string) error
	// Destinations reads which destinations flood, those with the highest rate first.
	Destinations() ([]dataplane.Destination, error)
	// Sources reads up to limit source prefixes of floods, those with the most SYNs first.
	Sources(limit int) ([]dataplane.Source, error)
	// Tap copies frames from now on; another filter replaces the one before, nil ends it.
	Tap(filter *dataplane.TapFilter) error
	// TapRead takes frames that were copied, and says how many were lost. No frames: no more for now.
	TapRead() (frames []dataplane.TapFrame, lost uint64, err error)
	// Clear sets the statistics of a zone to zero; empty: of all.
	Clear(zone string) error
	// Events takes up to limit events, the oldest first, and how many found no room since the last call.
	Events(limit int) (events []dataplane.Event, lost uint64, err error)
	// HandOver stops the engine and leaves its flows, whose number it gives, to the next one. Only Close
	// may follow.
	HandOver() (flows int, err error)
	// Close ends the engine.
	Close(leave dataplane.Leave)
}
