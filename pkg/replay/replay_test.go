package replay

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gopacket/gopacket/layers"

	"synscreen/pkg/dataplane"
)

func TestPlayTellsEachFrameAndCountsThem(t *testing.T) {
	engine := newScript(onePair())
	got := play(t, engine, onePair(), "", pcap(t, layers.LinkTypeEthernet, syn(t), bare(t, serverMAC, clientMAC)))
	want := []string{
		"    1  0.000000  eth1  192.0.2.1:1000 > 198.51.100.1:80 S        forward    forward_flow",
		"    2  0.001000  eth2  02:00:00:00:00:02 > 02:00:00:00:00:01 ethertype 0x88b5  forward    forward_flow",
		"",
		"       2  forward    forward_flow",
		"       2  frames in 0.001000 s; 2 left",
	}
	if diff := cmp.Diff(want, got.lines); diff != "" || got.err != nil {
		t.Errorf("error %v, lines (-want +got):\n%s", got.err, diff)
	}
	if diff := cmp.Diff([]string{"eth1 0s 60", "eth2 1ms 60"}, engine.calls); diff != "" {
		t.Errorf("calls of the engine (-want +got):\n%s", diff)
	}
}

func TestPlayWritesWhatLeavesByPort(t *testing.T) {
	got := play(t, newScript(onePair()), onePair(), "",
		pcap(t, layers.LinkTypeEthernet, syn(t), bare(t, serverMAC, clientMAC)))
	left, err := read(got.out)
	if err != nil || len(left) != 2 {
		t.Fatalf("%d frames, %v", len(left), err)
	}
	for i, want := range []frame{
		{ifname: "eth2", data: syn(t), time: start()},
		{ifname: "eth1", data: bare(t, serverMAC, clientMAC), time: start().Add(time.Millisecond)},
	} {
		if left[i].ifname != want.ifname || !left[i].time.Equal(want.time) || !slices.Equal(left[i].data, want.data) {
			t.Errorf("frame %d: %d bytes by %s at %s", i, len(left[i].data), left[i].ifname, left[i].time)
		}
	}
}

func TestPlayKeepsWhatItToldBeforeAnError(t *testing.T) {
	file := pcap(t, layers.LinkTypeEthernet, syn(t), syn(t))
	got := play(t, newScript(onePair()), onePair(), "", file[:len(file)-1])
	if got.err == nil || got.err.Error() != "frame 2: the capture ends early" || len(got.lines) != 4 {
		t.Errorf("error %v, lines %q", got.err, got.lines)
	}
	if left, err := read(got.out); len(left) != 1 || err != nil {
		t.Errorf("%d frames were written, %v", len(left), err)
	}
}

func TestPlayNamesTheFrameThatTheEngineRefuses(t *testing.T) {
	engine := newScript(onePair())
	engine.fail = errors.New("no")
	got := play(t, engine, onePair(), "", pcap(t, layers.LinkTypeEthernet, syn(t)))
	if got.err == nil || got.err.Error() != "frame 1: no" {
		t.Errorf("error %v", got.err)
	}
}

func TestLineTellsOfCookiesAndCuts(t *testing.T) {
	terms := dataplane.CookieTerms{MSS: 1460, Timestamps: true, SACK: true, ClientScale: 7, OurScale: 10}
	none := dataplane.CookieTerms{MSS: 536, ClientScale: dataplane.ScaleNone, OurScale: dataplane.ScaleNone}
	for want, l := range map[string]line{
		"    1  0.000000  a  no Ethernet frame (cut to 0 of 60 bytes)  drop       drop_malformed\n": {number: 1,
			frame:  frame{length: 60},
			result: dataplane.ReplayResult{Verdict: dataplane.Drop, Reason: "drop_malformed"}},
		"123456  61.000002  a  no Ethernet frame                         challenge  reply_challenge  " +
			"cookie minted isn=00000001 tsval=0000000a mss=1460 wscale=7 our-wscale=10 sack=1 ecn=0\n": {
			number: 123456, elapsed: 61*time.Second + 2*time.Microsecond,
			result: dataplane.ReplayResult{Verdict: dataplane.Challenge, Reason: "reply_challenge",
				Event: dataplane.CookieMinted, Minted: dataplane.Cookie{ISN: 1, TSval: 10, Timestamps: true},
				Terms: terms}},
		"    2  0.000000  a  no Ethernet frame                         forward    forward_splice_syn  " +
			"cookie valid epoch=41 mss=536 wscale=none our-wscale=none sack=0 ecn=0\n": {number: 2,
			result: dataplane.ReplayResult{Reason: "forward_splice_syn", Event: dataplane.CookieValid,
				Epoch: 41, Terms: none}},
	} {
		l.port = "a"
		if got := (format{port: 1}).of(l); got != want {
			t.Errorf("line\n%q, want\n%q", got, want)
		}
	}
}

func TestClockNeverGoesBack(t *testing.T) {
	var c clock
	for _, step := range []struct{ at, want time.Duration }{
		{time.Second, 0}, {3 * time.Second, 2 * time.Second}, {2 * time.Second, 2 * time.Second},
		{0, 2 * time.Second}, {4 * time.Second, 3 * time.Second},
	} {
		c.advance(start().Add(step.at))
		if c.elapsed != step.want || !c.wall().Equal(start().Add(time.Second+step.want)) {
			t.Errorf("at %s: %s, want %s", step.at, c.elapsed, step.want)
		}
	}
}
