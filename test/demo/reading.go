package main

import (
	"context"
	"time"

	"synscreen/pkg/dataplane"
	"synscreen/test/lab"
)

// reading is what has been counted so far.
type reading struct {
	at           time.Duration // on the clock of whoever counts
	syns         uint64        // without synscreen: all frames that arrived at the server
	challenges   uint64
	cookiesValid uint64
	admitted     uint64 // SYNs that passed unchallenged: in calm, by a white-list, or to ask the server
	lost         uint64 // frames that found a queue full between the network and the engine
	attacks      uint64 // times that a destination began to flood
}

// The fates of a SYN whose destination floods.
func floodReasons() []string {
	return []string{"reply_challenge", "drop_reply_budget", "drop_syn_source", "drop_syn_flood",
		"drop_syn_mss", "drop_syn_md5", "drop_no_keyset"}
}

// since is what was counted after another reading.
func (r reading) since(before reading) reading {
	return reading{
		at:           r.at - before.at,
		syns:         r.syns - before.syns,
		challenges:   r.challenges - before.challenges,
		cookiesValid: r.cookiesValid - before.cookiesValid,
		admitted:     r.admitted - before.admitted,
		lost:         r.lost - before.lost,
		attacks:      r.attacks - before.attacks,
	}
}

// rate is in SYNs a second.
func (r reading) rate() float64 {
	if r.at <= 0 {
		return 0
	}
	return float64(r.syns) / r.at.Seconds()
}

// counter counts for an act.
type counter func(context.Context) (reading, error)

// atNobody counts nothing: act one has no flood.
func (s *stage) atNobody(context.Context) (reading, error) {
	return reading{at: time.Since(s.began)}, nil
}

// atServer counts what arrives at the server's interface.
func (s *stage) atServer(ctx context.Context) (reading, error) {
	frames, err := s.wire.Server.Counter(ctx, lab.EndDev, "rx_packets")
	return reading{at: time.Since(s.began), syns: frames}, err
}

// atEngine asks the engine, and the cable that leads to it for what never got there.
func (s *stage) atEngine(ctx context.Context) (reading, error) {
	status, err := s.engine.Status(ctx)
	if err != nil {
		return reading{}, err
	}
	lost, err := s.wire.LAN.Counter(ctx, "wire", "tx_dropped")
	r := reading{at: status.Uptime, lost: lost}
	for _, port := range status.Ports {
		if port.Interface == lab.OuterDev {
			r.addPort(port)
		}
	}
	for _, zone := range status.Zones {
		r.cookiesValid += zone.CookiesValid
		r.attacks += zone.Attacks
	}
	return r, err
}

func (r *reading) addPort(port dataplane.PortStatus) {
	frames := map[string]uint64{}
	for _, reason := range port.Frames {
		frames[reason.Reason] = reason.Frames
	}
	for _, name := range floodReasons() {
		r.syns += frames[name]
	}
	driver := port.DriverWork()
	r.syns += driver.Challenges + driver.OverRate
	r.challenges = frames["reply_challenge"] + driver.Challenges
	r.admitted = frames["forward_syn_calm"] + frames["forward_syn_white_list"] + frames["forward_syn_probe"]
	r.lost += port.KernelRxDropped + port.KernelSynDropped
}
