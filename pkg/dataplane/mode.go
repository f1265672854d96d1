package dataplane

// Mode is what the engine does with SYNs to a flooding destination.
type Mode int

// The modes of enum screen_mode.
const (
	ModeDrop      Mode = iota // the excess over attack-threshold is dropped
	ModeSynCookie             // every unknown SYN is challenged
)

func modeNames() names { return names{"drop", "syn-cookie"} }

// String gives "drop" or "syn-cookie".
func (m Mode) String() string { return modeNames().of(int(m)) }

// MarshalText gives the mode's word.
func (m Mode) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads the mode's word.
func (m *Mode) UnmarshalText(text []byte) error {
	value, err := modeNames().parse("mode", text)
	*m = Mode(value)
	return err
}

// OnFailure is what a wire does while no engine drives it.
type OnFailure int

// The values of enum screen_on_failure.
const (
	FailOpen   OnFailure = iota // the kernel's bridge carries on
	FailClosed                  // everything is dropped
)

func onFailureNames() names { return names{"open", "closed"} }

// String gives "open" or "closed".
func (o OnFailure) String() string { return onFailureNames().of(int(o)) }

// MarshalText gives the word.
func (o OnFailure) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText reads the word.
func (o *OnFailure) UnmarshalText(text []byte) error {
	value, err := onFailureNames().parse("on-failure", text)
	*o = OnFailure(value)
	return err
}
