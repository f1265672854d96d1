package dataplane

// Symmetry is whether both directions of a zone's connections come by.
type Symmetry int

// The values of enum screen_symmetry.
const (
	SymmetryUnknown Symmetry = iota
	SymmetryBoth
	SymmetryPartly // a tenth or more of the connections go another way back
	SymmetryOneWay // nothing can be spliced: safe-reset takes its place
)

func symmetryNames() names { return names{"unknown", "both", "partly", "one-way"} }

// String gives the word.
func (s Symmetry) String() string { return symmetryNames().of(int(s)) }

// MarshalText gives the word.
func (s Symmetry) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the word.
func (s *Symmetry) UnmarshalText(text []byte) error {
	value, err := symmetryNames().parse("symmetry", text)
	*s = Symmetry(value)
	return err
}
