package dataplane

// Verdict is what happens to a frame.
type Verdict int

// The verdicts of enum screen_verdict. A challenge is counted as a reply: no reason belongs to it.
const (
	Forward Verdict = iota
	Reply
	Challenge
	Hold
	Drop
)

func verdictNames() names { return names{"forward", "reply", "challenge", "hold", "drop"} }

// String gives the verdict's word.
func (v Verdict) String() string { return verdictNames().of(int(v)) }

// MarshalText gives the verdict's word.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads the verdict's word.
func (v *Verdict) UnmarshalText(text []byte) error {
	value, err := verdictNames().parse("verdict", text)
	*v = Verdict(value)
	return err
}
