package dataplane

import (
	"net/netip"
	"time"
)

// EventKind says what an event is about.
type EventKind int

// The kinds of enum screen_event_kind; zero is none of them.
const (
	EventAlarm      EventKind = 1 + iota // a destination reached alarm-threshold
	EventFloodStart                      // a destination went from calm to flooding
	EventFloodEnd                        // and back
	EventScreen                          // another screen has acted
)

func eventKindNames() names { return names{"none", "alarm", "flood-start", "flood-end", "screen"} }

// String gives the kind's word.
func (k EventKind) String() string { return eventKindNames().of(int(k)) }

// MarshalText gives the kind's word.
func (k EventKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads the kind's word.
func (k *EventKind) UnmarshalText(text []byte) error {
	value, err := eventKindNames().parse("event kind", text)
	*k = EventKind(value)
	return err
}

// Event is something to log. What does not matter is zero; IPv4 addresses are plain, not v4-mapped.
type Event struct {
	Time        time.Time
	Kind        EventKind
	Screen      Screen
	Zone        string
	Interface   string
	Source      netip.AddrPort
	Destination netip.AddrPort
	Protocol    uint8 // IP's
	Dropped     bool  // false: alarm-without-drop, or nothing was to be dropped
	Looks       Looks // of floods
	Count       uint64
	Duration    time.Duration // of a flood that ended
}
