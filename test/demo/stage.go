package main

import (
	"context"
	"fmt"
	"time"

	"synscreen/test/lab"
)

const arriveMax = 10 * time.Second // of a flood, after it was started

// stage is where the acts are played: client and attacker on one side of a wire, a web server on
// the other.
type stage struct {
	wire   *lab.WireLab
	nginx  *lab.Nginx
	engine *engine // in act three
	began  time.Time
}

func newStage(ctx context.Context, l *lab.Lab) (*stage, error) {
	w, err := l.NewWire(ctx, lab.WireOptions{Clients: clientsCount})
	if err != nil {
		return nil, err
	}
	for _, step := range []func(context.Context, *lab.WireLab) error{
		poll, discardAnswers, weaken,
	} {
		if err := step(ctx, w); err != nil {
			return nil, err
		}
	}
	return &stage{wire: w, began: time.Now()}, nil
}

// poll polls the wire's port towards the clients as a network card's driver does, in all acts.
func poll(ctx context.Context, w *lab.WireLab) error {
	_, err := w.PollOuter(ctx)
	return err
}

func discardAnswers(ctx context.Context, w *lab.WireLab) error { return w.DiscardAnswers(ctx) }

// weaken takes the server's own SYN cookies away, in all three acts, and lets nginx's backlog alone
// bound its half-open connections.
func weaken(ctx context.Context, w *lab.WireLab) error {
	return w.Server.Sysctl(ctx, "net.ipv4.tcp_syncookies=0", "net.ipv4.tcp_max_syn_backlog=4096")
}

// play plays the acts one after the other.
func (s *stage) play(ctx context.Context, t *table) ([]result, error) {
	var results []result
	for _, play := range []func(context.Context, *table) (result, error){
		s.quiet, s.unprotected, s.protected,
	} {
		r, err := play(ctx, t)
		if err != nil {
			return nil, fmt.Errorf("act %d: %w", len(results)+1, err)
		}
		results = append(results, r)
	}
	return results, nil
}

// quiet is the network without flood and without synscreen: what a client knows from every day.
func (s *stage) quiet(ctx context.Context, t *table) (result, error) {
	if err := s.openServer(ctx); err != nil {
		return result{}, err
	}
	if err := s.wire.JoinBridge(ctx); err != nil {
		return result{}, err
	}
	a := act{title: "1 quiet, bridge", connections: 60, perSecond: 15, count: s.atNobody}
	return a.play(ctx, s.wire, t)
}

// unprotected is flooded; the wire is the bridge of act one.
func (s *stage) unprotected(ctx context.Context, t *table) (result, error) {
	attack, err := s.flood(ctx, s.atServer, 0)
	if err != nil {
		return result{}, err
	}
	a := act{title: "2 flooded, bridge", connections: 60, perSecond: 8, count: s.atServer}
	r, err := a.play(ctx, s.wire, t)
	if err != nil {
		return r, err
	}
	return r, attack.stop(ctx)
}

// protected is flooded in the same way; the wire is synscreen's. nginx is started afresh: the
// half-open connections of act two would stay for a minute.
func (s *stage) protected(ctx context.Context, t *table) (r result, err error) {
	if err := s.openServer(ctx); err != nil {
		return r, err
	}
	if err := s.wire.LeaveBridge(ctx); err != nil {
		return r, err
	}
	if s.engine, err = startEngine(ctx, s.wire); err != nil {
		return r, err
	}
	attack, err := s.flood(ctx, s.atEngine, 2)
	if err != nil {
		return r, err
	}
	a := act{title: "3 flooded, synscreen", connections: 320, perSecond: 16, count: s.atEngine}
	if r, err = a.play(ctx, s.wire, t); err != nil {
		return r, err
	}
	if err := attack.stop(ctx); err != nil {
		return r, err
	}
	return r, s.engine.Stop(ctx)
}

// openServer starts nginx, again if it runs already.
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

// flood starts the flood and waits until a second of it has arrived, and until so many destinations
// were noticed to be under attack.
func (s *stage) flood(ctx context.Context, count counter, attacks uint64) (*attack, error) {
	before, err := count(ctx)
	if err != nil {
		return nil, err
	}
	attack, err := startAttack(s.wire)
	if err != nil {
		return nil, err
	}
	var came reading
	err = lab.WaitFor(ctx, "the flood to arrive", arriveMax, func() (bool, error) {
		now, err := count(ctx)
		came = now.since(before)
		return came.syns >= rate4 && came.attacks >= attacks, err
	})
	if err != nil {
		return nil, fmt.Errorf("%w; %d SYNs came, %d destinations flood", err, came.syns, came.attacks)
	}
	return attack, nil
}
