package main

import (
	"context"
	"fmt"
	"time"

	"synscreen/test/lab"
)

// stage is where the acts are played: client and attacker on one side of a wire, a web server on
// the other.
type stage struct {
	wire  *lab.WireLab
	nginx *lab.Nginx
}

func newStage(ctx context.Context, l *lab.Lab) (*stage, error) {
	w, err := l.NewWire(ctx, lab.WireOptions{Clients: clientsCount})
	if err != nil {
		return nil, err
	}
	s := &stage{wire: w}
	// What comes in from the flooded side is polled by a thread, so that the generator does not pay
	// for the work that it makes and is not slowed down by it.
	if err := w.Wire.Ethtool(ctx, lab.OuterDev, "gro", "on"); err != nil {
		return nil, err
	}
	b4 := napiThreads()
	if err := w.Wire.ThreadNAPI(ctx, lab.OuterDev); err != nil {
		return nil, err
	}
	tuneNapi(b4)
	if v := env("D_COALESCE", ""); v != "" {
		if _, err := w.Wire.Run(ctx, "sh", "-c", "cd /sys/class/net/outer; echo "+v+" > gro_flush_timeout; echo 100 > napi_defer_hard_irqs"); err != nil {
			return nil, err
		}
	}
	// The server has no cookies of its own, in all three acts, and half-open connections are
	// bounded by nginx's backlog alone.
	if err := w.Server.Sysctl(ctx, "net.ipv4.tcp_syncookies=0",
		"net.ipv4.tcp_max_syn_backlog=4096"); err != nil {
		return nil, err
	}
	return s, nil
}

// openServer starts nginx, or starts it afresh, without the half-open connections of before.
func (s *stage) openServer(ctx context.Context) error {
	if s.nginx != nil {
		if err := s.nginx.Stop(ctx); err != nil {
			return err
		}
	}
	nginx, err := s.wire.Server.StartNginx(ctx, lab.NginxOptions{})
	s.nginx = nginx
	return err
}

// play plays the acts one after the other.
func (s *stage) play(ctx context.Context, t *table) ([]result, error) {
	var results []result
	acts := []func(context.Context, *table) (result, error){
		s.quiet, s.unprotected, s.protected,
	}
	if env("D_ONLY3", "") != "" {
		acts = acts[2:]
	}
	for _, play := range acts {
		r, err := play(ctx, t)
		if err != nil {
			return results, fmt.Errorf("act %d: %w", len(results)+1, err)
		}
		results = append(results, r)
	}
	return results, nil
}

func (s *stage) quiet(ctx context.Context, t *table) (result, error) {
	if err := s.openServer(ctx); err != nil {
		return result{}, err
	}
	if err := s.wire.JoinBridge(ctx); err != nil {
		return result{}, err
	}
	a := act{title: titleQuiet, connections: 60, perSecond: 15, count: nothing}
	return a.play(ctx, s.wire, t)
}

// unprotected is flooded; the wire is the bridge of act one.
func (s *stage) unprotected(ctx context.Context, t *table) (r result, err error) {
	attack, err := startAttack(s.wire)
	if err != nil {
		return r, err
	}
	if err := s.waitFlooded(ctx); err != nil {
		return r, err
	}
	a := act{title: titleUnprotected, connections: 60, perSecond: 8, count: s.atServer}
	if r, err = a.play(ctx, s.wire, t); err != nil {
		return r, err
	}
	return r, attack.stop(ctx)
}

// protected is flooded in the same way; the wire is synscreen's.
func (s *stage) protected(ctx context.Context, t *table) (r result, err error) {
	if err := s.openServer(ctx); err != nil {
		return r, err
	}
	if env("D_ONLY3", "") == "" {
		if err := s.wire.LeaveBridge(ctx); err != nil {
			return r, err
		}
	}
	e, err := startEngine(ctx, s.wire)
	if err != nil {
		return r, err
	}
	attack, err := startAttack(s.wire)
	if err != nil {
		return r, err
	}
	if err := e.waitFlooding(ctx); err != nil {
		return r, err
	}
	a := act{title: titleProtected, connections: envn("D_CONN", 320), perSecond: 16, count: e.read}
	if r, err = a.play(ctx, s.wire, t); err != nil {
		return r, err
	}
	lost, _ := s.wire.LAN.Counter(ctx, "wire", "tx_dropped")
	if err := attack.stop(ctx); err != nil {
		return r, err
	}
	fmt.Println("xsk lost", r.counted.lost, "veth lost", lost)
	for _, f := range attack.floods {
		fmt.Print(f.Stdout())
	}
	return r, e.Stop(ctx)
}

func nothing(context.Context) (reading, error) { return reading{at: sinceBoot()}, nil }

// atServer counts what arrives at the server's interface: without synscreen, that is the flood.
func (s *stage) atServer(ctx context.Context) (reading, error) {
	packets, err := s.wire.Server.Counter(ctx, lab.EndDev, "rx_packets")
	return reading{at: sinceBoot(), syns: packets}, err
}

// waitFlooded waits until the flood has arrived at the server in full.
func (s *stage) waitFlooded(ctx context.Context) error {
	before, err := s.atServer(ctx)
	if err != nil {
		return err
	}
	return lab.WaitFor(ctx, "the flood to arrive", arriveMax, func() (bool, error) {
		now, err := s.atServer(ctx)
		return now.syns-before.syns > 100000, err
	})
}

// waitFlooding waits until both destinations flood, and until a second of flood has been counted.
func (e *engine) waitFlooding(ctx context.Context) error {
	before, err := e.read(ctx)
	if err != nil {
		return err
	}
	return lab.WaitFor(ctx, "the flood to be noticed", arriveMax, func() (bool, error) {
		now, err := e.read(ctx)
		return now.attacks >= 2 && now.syns-before.syns > 100000, err
	})
}

const arriveMax = 10 * time.Second
