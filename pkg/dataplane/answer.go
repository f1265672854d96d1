package dataplane

// Answer is what a proof came to. The zero value is "could not tell", which is never taken for a yes.
type Answer int

// The answers of enum screen_answer.
const (
	Unknown Answer = iota
	Yes
	No
)

func answerNames() names { return names{"unknown", "yes", "no"} }

// String gives "unknown", "yes" or "no".
func (a Answer) String() string { return answerNames().of(int(a)) }

// MarshalText gives the answer's word.
func (a Answer) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads the answer's word.
func (a *Answer) UnmarshalText(text []byte) error {
	value, err := answerNames().parse("answer", text)
	*a = Answer(value)
	return err
}

// Proof is one answer, with its reason when it is not yes.
type Proof struct {
	Answer Answer `json:"answer"`
	Reason string `json:"reason,omitempty"`
}

// String gives "yes", "no: why" or "could not tell: why".
func (p Proof) String() string {
	text := p.Answer.String()
	if p.Answer == Unknown {
		text = "could not tell"
	}
	if p.Answer == Yes || p.Reason == "" {
		return text
	}
	return text + ": " + p.Reason
}
