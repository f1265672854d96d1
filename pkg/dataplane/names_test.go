package dataplane

import (
	"encoding"
	"testing"
)

func TestEnumerationsReadBackWhatTheyWrite(t *testing.T) {
	for _, test := range []struct {
		value interface {
			encoding.TextMarshaler
			String() string
		}
		into encoding.TextUnmarshaler
	}{
		{value: Yes, into: new(Answer)},
		{value: ModeSynCookie, into: new(Mode)},
		{value: FailClosed, into: new(OnFailure)},
		{value: AdmissionKernelCookies, into: new(Admission)},
		{value: Drop, into: new(Verdict)},
		{value: PortPublished, into: new(PortState)},
		{value: FlowSpliced, into: new(FlowState)},
		{value: AttachGeneric, into: new(Attach)},
		{value: BindZeroCopy, into: new(Bind)},
		{value: ClusterAhead, into: new(ClusterState)},
		{value: OtherKeyRetired, into: new(OtherKey)},
		{value: EventFloodEnd, into: new(EventKind)},
		{value: ScreenSynFloodSource, into: new(Screen)},
		{value: LooksCrowd, into: new(Looks)},
		{value: RotateKey, into: new(KeyAction)},
		{value: TapOut, into: new(TapSide)},
		{value: HandoverOld, into: new(HandoverResult)},
		{value: Configured, into: new(Knowledge)},
	} {
		text, err := test.value.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		if err := test.into.UnmarshalText(text); err != nil {
			t.Errorf("read %T back: %v", test.value, err)
		}
		back, err := test.into.(encoding.TextMarshaler).MarshalText()
		if err != nil || string(back) != string(text) {
			t.Errorf("%T: wrote %q, read back as %q (%v)", test.value, text, back, err)
		}
	}
}

func TestEnumerationsRefuseUnknownWords(t *testing.T) {
	var answer Answer
	err := answer.UnmarshalText([]byte("perhaps"))
	if err == nil || err.Error() != `read answer: "perhaps" is none of [unknown yes no]` {
		t.Errorf("error %v", err)
	}
}

func TestProofTextSaysWhyItIsNotYes(t *testing.T) {
	for want, proof := range map[string]Proof{
		"yes":                              {Answer: Yes},
		"no: vector 3 differs":             {Answer: No, Reason: "vector 3 differs"},
		"could not tell: the link is down": {Reason: "the link is down"},
		"could not tell":                   {},
	} {
		if got := proof.String(); got != want {
			t.Errorf("%+v: text %q, want %q", proof, got, want)
		}
	}
}

func TestEngineErrorNamesObjectAndErrno(t *testing.T) {
	for want, err := range map[string]*EngineError{
		"eth9: no such interface (no such device)": {Code: ErrorAttach, Errno: 19, Object: "eth9", Message: "no such interface"},
		"eth9: bind: No such device":               {Code: ErrorAttach, Errno: 19, Object: "eth9", Message: "bind: No such device"},
		"ports: name is not padded":                {Code: ErrorSnapshot, Object: "ports", Message: "name is not padded"},
		"memory could not be had":                  {Code: ErrorMemory},
	} {
		if got := err.Error(); got != want {
			t.Errorf("text %q, want %q", got, want)
		}
	}
}
