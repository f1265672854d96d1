package dataplane

// HandoverResult is what became of what the engine before handed over.
type HandoverResult int

// The results of enum screen_handover.
const (
	HandoverNone         HandoverResult = iota // there was nothing, or nothing has been published yet
	HandoverTaken                              // taken over
	HandoverUnsafe                             // others could have written it, or it cannot be opened
	HandoverDamaged                            // it is not as it was written
	HandoverOtherVersion                       // of the format
	HandoverOtherBoot                          // the machine was started anew since
	HandoverOld                                // more than five minutes
)

func handoverResultNames() names {
	return names{"none", "taken", "unsafe", "damaged", "other-version", "other-boot", "old"}
}

// String gives the result's word.
func (r HandoverResult) String() string { return handoverResultNames().of(int(r)) }

// MarshalText gives the result's word.
func (r HandoverResult) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads the result's word.
func (r *HandoverResult) UnmarshalText(text []byte) error {
	value, err := handoverResultNames().parse("handover result", text)
	*r = HandoverResult(value)
	return err
}

// Refused tells whether there was something that was not taken.
func (r HandoverResult) Refused() bool { return r > HandoverTaken }

// Handover is what an engine has of the one before.
type Handover struct {
	Result  HandoverResult `json:"result"`
	Flows   uint64         `json:"flows"`   // taken over
	Left    uint64         `json:"left"`    // not taken over: their ports are no wire here, or there was no room
	Servers uint32         `json:"servers"` // what was learned of so many
}
