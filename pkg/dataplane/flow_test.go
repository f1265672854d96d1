package dataplane

import (
	"encoding/json"
	"net/netip"
	"testing"
)

func TestFlowFilterSelectsWhatMatchesAllThatItSays(t *testing.T) {
	row := FlowRow{
		Client: netip.MustParseAddrPort("192.0.2.1:1000"), Server: netip.MustParseAddrPort("[2001:db8::1]:80"),
		State: FlowSpliced, Wire: "w1",
	}
	prefix := netip.MustParsePrefix
	for _, test := range []struct {
		filter FlowFilter
		want   bool
	}{
		{FlowFilter{}, true},
		{FlowFilter{Client: prefix("192.0.2.0/24"), Server: prefix("2001:db8::/32")}, true},
		{FlowFilter{Client: prefix("192.0.3.0/24")}, false},
		{FlowFilter{Server: prefix("192.0.2.0/24")}, false},
		{FlowFilter{Client: prefix("::/0")}, false},
		{FlowFilter{Client: prefix("0.0.0.0/0"), Server: prefix("::/0")}, true},
		{FlowFilter{ClientPort: 1000, ServerPort: 80}, true},
		{FlowFilter{ClientPort: 80}, false},
		{FlowFilter{ServerPort: 1000}, false},
		{FlowFilter{States: []FlowState{FlowOpen, FlowSpliced}}, true},
		{FlowFilter{States: []FlowState{FlowOpen}}, false},
		{FlowFilter{Wire: "w1"}, true},
		{FlowFilter{Wire: "w"}, false},
	} {
		if got := test.filter.Matches(row); got != test.want {
			t.Errorf("%+v: %v", test.filter, got)
		}
	}
}

func TestFlowFilterIsEmptyOnlyIfItSaysNothing(t *testing.T) {
	if !(FlowFilter{}).IsEmpty() {
		t.Error("what says nothing is not empty")
	}
	for _, filter := range []FlowFilter{
		{Client: netip.MustParsePrefix("0.0.0.0/0")}, {Server: netip.MustParsePrefix("::/0")}, {ClientPort: 1},
		{ServerPort: 1}, {States: []FlowState{FlowOpen}}, {Wire: "w"},
	} {
		text, err := json.Marshal(filter)
		if err != nil || filter.IsEmpty() {
			t.Errorf("%s is empty, error %v", text, err)
		}
		var back FlowFilter
		if err := json.Unmarshal(text, &back); err != nil || back.IsEmpty() {
			t.Errorf("%s reads back as empty, error %v", text, err)
		}
	}
	if text, err := json.Marshal(FlowFilter{}); err != nil || string(text) != "{}" {
		t.Errorf("%s, error %v", text, err)
	}
}
