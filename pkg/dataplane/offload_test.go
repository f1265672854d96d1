package dataplane

import (
	"encoding/json"
	"testing"
)

func TestOffloadIsToldInTheOrderOfTheBits(t *testing.T) {
	for want, offload := range map[string]Offload{
		"": 0, "answer": OffloadAnswer, "check, pass": OffloadPass | OffloadCheck, "answer, check, pass": OffloadAll,
	} {
		if got := offload.String(); got != want {
			t.Errorf("%d is %q, want %q", offload, got, want)
		}
	}
}

func TestOffloadReadsBackWhatItWrites(t *testing.T) {
	for want, offload := range map[string]Offload{"[]": 0, `["answer","pass"]`: OffloadAnswer | OffloadPass} {
		text, err := json.Marshal(offload)
		if err != nil || string(text) != want {
			t.Errorf("%d writes %s (%v), want %s", offload, text, err, want)
		}
		back := OffloadAll
		if err := json.Unmarshal(text, &back); err != nil || back != offload {
			t.Errorf("%s is read as %d (%v), want %d", text, back, err, offload)
		}
	}
}

func TestOffloadRefusesUnknownWords(t *testing.T) {
	var o Offload
	err := json.Unmarshal([]byte(`["answer", "fly"]`), &o)
	if err == nil || err.Error() != `read offload: "fly" is none of [answer check pass]` {
		t.Errorf("error %v", err)
	}
}

func TestWorkOfEngineAndDriverIsReadFromTheirOwnCounters(t *testing.T) {
	p := PortStatus{
		Frames: []ReasonCount{{Reason: "forward_flow", Frames: 3}, {Reason: "reply_challenge", Frames: 1},
			{Reason: "drop_cookie_invalid", Frames: 2}, {Reason: "drop_reply_rate", Frames: 4}},
		Shim: []ShimCount{{Counter: "shim_challenged", Frames: 10}, {Counter: "shim_cookie_invalid", Frames: 20},
			{Counter: "shim_forwarded_flow", Frames: 30}, {Counter: "shim_reply_rate", Frames: 40},
			{Counter: "shim_host_cookie_invalid", Frames: 50}},
	}
	if got, want := p.EngineWork(), (Work{1, 2 + 50, 3, 4}); got != want {
		t.Errorf("the engine's: %+v, want %+v", got, want)
	}
	if got, want := p.DriverWork(), (Work{10, 20, 30, 40}); got != want {
		t.Errorf("the driver's: %+v, want %+v", got, want)
	}
}
