package main

import (
	"context"

	"synscreen/bench/visiting"
	"synscreen/test/lab"
)

const visitorsNice = "-15" // they have machines of their own

// listen starts the server.
func (g *ground) listen(ctx context.Context) error {
	if _, err := g.startPinned(g.server, "0", visiting.ListenerRole); err != nil {
		return err
	}
	return g.server.WaitListen(ctx, visiting.Port)
}

// startPinned starts a role on the system's processor.
func (g *ground) startPinned(n *lab.Namespace, nice, role string, args ...string) (*lab.Process, error) {
	p, err := n.StartRole(role, args...)
	if err != nil {
		return nil, err
	}
	return p, pin(p, nice)
}

// visits has a crowd come at a steady rate, and waits for the last.
func (g *ground) visits(ctx context.Context, count, perSecond int) ([]visiting.Visit, error) {
	p, err := g.startPinned(g.outside, visitorsNice, visiting.VisitorsRole,
		visitors.VisitorsArguments(count, perSecond)...)
	if err != nil {
		return nil, err
	}
	if err := p.Wait(ctx); err != nil {
		return nil, err
	}
	return visiting.Visits(p)
}
