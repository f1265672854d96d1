package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"time"

	"synscreen/bench/usage"
	"synscreen/bench/visiting"
	"synscreen/pkg/control"
	"synscreen/test/lab"
)

const (
	flowPort  = 5201 // iperf3's
	crowdSpan = time.Second
)

var visitors = visiting.Sources{First: netip.MustParseAddr(lab.ClientAddr4(0)), Count: 40}

// bench is a client and a server at the ends of a wire.
type bench struct {
	wire    *lab.WireLab
	seconds int
	client  *control.Client // of the daemon; both nil while there is none
	daemon  *lab.Process
}

func newBench(ctx context.Context, l *lab.Lab, seconds int) (*bench, error) {
	w, err := l.NewWire(ctx, lab.WireOptions{Clients: visitors.Count})
	if err != nil {
		return nil, err
	}
	b := &bench{wire: w, seconds: seconds}
	return b, errors.Join(b.setOffloads(ctx), b.startServers(ctx))
}

// setOffloads leaves nothing to a device that is not there: a program on a veth takes segmentation offload
// from its peer, and a sum that was left to the device is the engine's to complete. All ways have the same,
// and the server takes frames by NAPI in all of them.
func (b *bench) setOffloads(ctx context.Context) error {
	w := b.wire
	for _, end := range []lab.End{{In: w.Client, Dev: lab.EndDev}, {In: w.Server, Dev: lab.EndDev},
		{In: w.Wire, Dev: lab.OuterDev}, {In: w.Wire, Dev: lab.InnerDev}} {
		if err := end.In.Ethtool(ctx, end.Dev, "tso", "off", "gso", "off", "tx", "off"); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) startServers(ctx context.Context) error {
	if _, err := b.wire.Server.Start("iperf3", "--server"); err != nil {
		return err
	}
	if _, err := b.wire.Server.StartRole(visiting.ListenerRole); err != nil {
		return err
	}
	return errors.Join(b.wire.Server.WaitListen(ctx, flowPort), b.wire.Server.WaitListen(ctx, visiting.Port))
}

// round measures every way.
func (b *bench) round(ctx context.Context, r *results) error {
	for _, way := range b.ways() {
		if err := way.join(ctx); err != nil {
			return fmt.Errorf("%s: %w", way.name, err)
		}
		m, err := b.measure(ctx, way.name)
		if err != nil {
			return fmt.Errorf("%s: %w", way.name, err)
		}
		r.add(way.name, m)
		if way.part == nil {
			continue
		}
		if err := way.part(ctx); err != nil {
			return fmt.Errorf("%s: %w", way.name, err)
		}
	}
	return nil
}

// measurement is one way in one round.
type measurement struct {
	flow        flow
	machine     float64   // processor seconds while the flow ran, of everybody
	daemon      usage.Own // of these the daemon's
	connections float64   // a second
}

// measure has one flow run, and then a crowd come.
func (b *bench) measure(ctx context.Context, way string) (m measurement, err error) {
	before, err := b.look(ctx)
	if err != nil {
		return m, err
	}
	if m.flow, err = b.run(ctx); err != nil {
		return m, err
	}
	after, err := b.look(ctx)
	if err != nil {
		return m, err
	}
	m.machine, m.daemon = after.machine-before.machine, after.daemon.Minus(before.daemon)
	if err := after.work.minus(before.work).check(way, m.flow.segments()); err != nil {
		return m, err
	}
	m.connections, err = b.crowd(ctx)
	return m, err
}

// look is what has been taken and done so far.
type look struct {
	machine float64
	daemon  usage.Own
	work    work
}

func (b *bench) look(ctx context.Context) (l look, err error) {
	if b.daemon != nil {
		status, err := b.client.Status(ctx)
		if err != nil {
			return l, err
		}
		l.work = workOf(status)
		if l.daemon, err = usage.Process(b.daemon.PID()); err != nil {
			return l, err
		}
	}
	l.machine, err = usage.Machine()
	return l, err
}

// flow is what iperf3 says of one.
type flow struct {
	BitsPerSecond float64
	Bytes         float64 // that were received
	Retransmits   int
	MSS           float64
}

func (f flow) segments() float64 { return f.Bytes / f.MSS }

// run has iperf3 send from the client to the server, by one connection.
func (b *bench) run(ctx context.Context) (flow, error) {
	out, err := b.wire.Client.Run(ctx, "iperf3", "--client", lab.ServerAddr4, "--time",
		strconv.Itoa(b.seconds), "--json")
	if err != nil {
		return flow{}, err
	}
	return parseFlow([]byte(out))
}

func parseFlow(text []byte) (f flow, err error) {
	var says struct {
		Start struct {
			MSS float64 `json:"tcp_mss_default"`
		} `json:"start"`
		End struct {
			SumReceived struct {
				Bytes         float64 `json:"bytes"`
				BitsPerSecond float64 `json:"bits_per_second"`
			} `json:"sum_received"`
			SumSent struct {
				Retransmits int `json:"retransmits"`
			} `json:"sum_sent"`
		} `json:"end"`
	}
	if err := json.Unmarshal(text, &says); err != nil {
		return f, fmt.Errorf("what iperf3 says: %w", err)
	}
	received := says.End.SumReceived
	f = flow{BitsPerSecond: received.BitsPerSecond, Bytes: received.Bytes,
		Retransmits: says.End.SumSent.Retransmits, MSS: says.Start.MSS}
	if f.Bytes == 0 || f.MSS == 0 {
		return f, errors.New("nothing was received")
	}
	return f, nil
}

// crowd has clients connect, ask, be answered and close without a pause: connections a second.
func (b *bench) crowd(ctx context.Context) (float64, error) {
	p, err := b.wire.Client.StartRole(visiting.CrowdRole, visitors.CrowdArguments(crowdSpan)...)
	if err != nil {
		return 0, err
	}
	if err := p.Wait(ctx); err != nil {
		return 0, err
	}
	count, err := visiting.Count(p)
	return count / crowdSpan.Seconds(), err
}
