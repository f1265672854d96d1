package main

import (
	"context"
	"fmt"

	"synscreen/bench/running"
	"synscreen/pkg/control"
	"synscreen/pkg/dataplane"
	"synscreen/test/lab"
)

// configuration is a wire whose SYNs are challenged by the activation alone: no rate of this benchmark
// is a flood.
const configuration = running.Wire + running.Unlimited + `
set security screen ids-option bench tcp syn-flood attack-threshold 500000
set security flow syn-cookie activation %s
set security flow syn-cookie offload %s
`

// The ways that are measured.
const (
	bridge   = "kernel bridge"
	redirect = "XDP_REDIRECT"
	driver   = "wire, by the driver"
	engine   = "wire, by the engine"
	spliced  = "wire, spliced"
)

// joining is a way from its beginning to its end.
type joining struct {
	name string
	join func(context.Context) error
	part func(context.Context) error // nil: what joins stays for the next
}

// ways are in the order in which a round measures them. Of the wire's the unspliced come first: the engine
// learns from them what the server agrees to.
func (b *bench) ways() []joining {
	commit := func(activation, offload string) func(context.Context) error {
		return func(ctx context.Context) error { return b.commit(ctx, activation, offload) }
	}
	return []joining{
		{bridge, b.wire.JoinBridge, b.wire.LeaveBridge},
		{redirect, b.joinRedirect, b.leaveRedirect},
		{driver, b.startDaemon, nil},
		{engine, commit("threshold", "engine"), nil},
		{spliced, commit("always", "driver"), b.stopDaemon},
	}
}

func (b *bench) joinRedirect(ctx context.Context) error {
	tool, err := lab.Built("c/bench/bench-redirect")
	if err != nil {
		return err
	}
	_, err = b.wire.Wire.Run(ctx, tool, lab.OuterDev, lab.InnerDev)
	return err
}

func (b *bench) leaveRedirect(ctx context.Context) error {
	return b.wire.Wire.IP(ctx, "link set dev "+lab.OuterDev+" xdpdrv off",
		"link set dev "+lab.InnerDev+" xdpdrv off")
}

func (b *bench) startDaemon(ctx context.Context) (err error) {
	b.daemon, b.client, err = running.Start(ctx, b.wire.Lab, b.wire.Wire,
		fmt.Appendf(nil, configuration, "threshold", "driver"))
	return err
}

func (b *bench) stopDaemon(ctx context.Context) error {
	err := b.daemon.Stop(ctx)
	b.daemon, b.client = nil, nil
	return err
}

func (b *bench) commit(ctx context.Context, activation, offload string) error {
	_, err := b.client.Commit(ctx, control.CommitRequest{Name: "bench.conf",
		Text: fmt.Sprintf(configuration, activation, offload)})
	return err
}

// work is what a wire has done with its flows.
type work struct {
	driver, engine float64 // segments that the one and the other sent on as they were
	spliced        float64 // connections
}

func workOf(s dataplane.Status) (w work) {
	for _, p := range s.Ports {
		w.driver += float64(p.DriverWork().FlowSegments)
		w.engine += float64(p.EngineWork().FlowSegments)
	}
	w.spliced = float64(s.Splices.Opened)
	return w
}

func (w work) minus(since work) work {
	return work{w.driver - since.driver, w.engine - since.engine, w.spliced - since.spliced}
}

// Of a flow's data segments, by the bytes that were received, who is said to send them on must have sent on
// so many at least, and another no more than so many: the first are the engine's in any case.
const leastShare, mostOthers = 0.9, 0.05

// check tells whether what was measured is what is claimed: who sent the flow's segments on, of which there
// were so many, and that nobody translated them or everybody did.
func (w work) check(way string, segments float64) error {
	good := true
	switch way {
	case driver:
		good = w.driver >= leastShare*segments && w.engine <= mostOthers*segments && w.spliced == 0
	case engine:
		good = w.driver == 0 && w.engine >= leastShare*segments && w.spliced == 0
	case spliced: // iperf3's own connection, and the one that is measured
		good = w.driver == 0 && w.engine <= mostOthers*segments && w.spliced == 2
	}
	if !good {
		return fmt.Errorf("of some %.0f segments the driver sent on %.0f and the engine %.0f, and %.0f "+
			"connections were spliced: this is no measurement of it", segments, w.driver, w.engine, w.spliced)
	}
	return nil
}
