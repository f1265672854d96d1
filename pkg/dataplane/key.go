package dataplane

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"
)

// OtherKey is what a master key is to an engine that mints with another one.
type OtherKey int

// The kinds of enum screen_other_key.
const (
	OtherKeyNone    OtherKey = iota
	OtherKeyStaged           // accepted, not yet minted with
	OtherKeyRetired          // was minted with, accepted for two epochs more
)

func otherKeyNames() names { return names{"none", "staged", "retired"} }

// String gives the kind's word.
func (k OtherKey) String() string { return otherKeyNames().of(int(k)) }

// MarshalText gives the kind's word.
func (k OtherKey) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads the kind's word.
func (k *OtherKey) UnmarshalText(text []byte) error {
	value, err := otherKeyNames().parse("other key", text)
	*k = OtherKey(value)
	return err
}

// KeyStatus names the master keys in use by their fingerprints. The keys themselves never leave the
// engine.
type KeyStatus struct {
	File      string        `json:"file"`   // where the active key is read from
	Active    string        `json:"active"` // empty: no key was opened yet
	OtherKind OtherKey      `json:"other_kind"`
	Other     string        `json:"other,omitempty"`
	OtherLeft time.Duration `json:"other_left_ns"` // until a retired key is forgotten, at most
}

// KeyAction is one step of the way of a master key.
type KeyAction int

// The steps, each a function of the engine.
const (
	StageKey    KeyAction = iota // accept what is minted with the key of a file
	ActivateKey                  // mint with the staged key
	RotateKey                    // both, with a new random key
)

func keyActionNames() names { return names{"stage-key", "activate-key", "rotate-key"} }

// String gives the step's word.
func (a KeyAction) String() string { return keyActionNames().of(int(a)) }

// MarshalText gives the step's word.
func (a KeyAction) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads the step's word.
func (a *KeyAction) UnmarshalText(text []byte) error {
	value, err := keyActionNames().parse("action", text)
	*a = KeyAction(value)
	return err
}

// KeyChange asks for one step. A key comes by the name of its file alone: the engine opens it.
type KeyChange struct {
	Action KeyAction `json:"action"`
	File   string    `json:"file,omitempty"` // StageKey: an absolute path
}

// Check says whether the step has the file that it needs, and no other.
func (c KeyChange) Check() error {
	switch {
	case c.Action != StageKey && c.File != "":
		return fmt.Errorf("%s: a file, %q, can only be staged", c.Action, c.File)
	case c.Action == StageKey && c.File == "":
		return errors.New("stage-key: the file is not named")
	case c.Action == StageKey && !filepath.IsAbs(c.File):
		return fmt.Errorf("stage-key: %q is not an absolute path", c.File)
	}
	return nil
}
