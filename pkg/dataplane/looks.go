package dataplane

// Looks is what the answers to challenges say of a flood.
type Looks int

// The looks of enum screen_looks.
const (
	LooksUnknown Looks = iota
	LooksSpoofed
	LooksMixed
	LooksCrowd
)

func looksNames() names { return names{"unknown", "spoofed", "mixed", "crowd"} }

// String gives the word.
func (l Looks) String() string { return looksNames().of(int(l)) }

// MarshalText gives the word.
func (l Looks) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads the word.
func (l *Looks) UnmarshalText(text []byte) error {
	value, err := looksNames().parse("looks", text)
	*l = Looks(value)
	return err
}
