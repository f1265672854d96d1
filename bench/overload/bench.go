package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"

	"synscreen/bench/running"
	"synscreen/pkg/control"
	"synscreen/pkg/dataplane"
	"synscreen/test/lab"
)

const (
	waitMax   = 15 * time.Second
	bulkPort  = 5201 // iperf3's
	floodPort = "80"
	settle    = 500 * time.Millisecond // until a rate is steady again
)

// configuration challenges everybody, so that the measured flows are spliced.
const configuration = running.Wire + running.Unlimited + `
set security screen ids-option bench tcp syn-flood attack-threshold 1000
set security flow syn-cookie activation always
set security flow syn-cookie offload %s
set security flow syn-cookie server-profile 203.0.113.0/24
`

// bench is a client and a server at the ends of a wire, and somebody who floods it. The generator has the
// first processor, client, server and wire have the others; the kernel's work of receiving has either.
type bench struct {
	wire    *lab.WireLab
	poller  *lab.Poller
	seconds int
	others  string // processors
	offload string
	client  *control.Client
	daemon  *lab.Process
}

const (
	floodProcessor = "0"
	floodNice      = -10   // a flood does not wait its turn
	endNice        = "-10" // as the worker: client and server would have processors of their own elsewhere
)

func newBench(ctx context.Context, l *lab.Lab, seconds int, offload string) (*bench, error) {
	if runtime.NumCPU() < 2 {
		return nil, errors.New("two processors are needed, one of them for the flood")
	}
	w, err := l.NewWire(ctx, lab.WireOptions{})
	if err != nil {
		return nil, err
	}
	b := &bench{wire: w, seconds: seconds, offload: offload, others: fmt.Sprintf("1-%d", runtime.NumCPU()-1)}
	for _, step := range []func(context.Context) error{
		b.setOffloads, b.receive, w.DiscardAnswers, b.startServer, b.startDaemon,
	} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// setOffloads has the flow's frames go through the same receive ring as the flood's: what its sender leaves
// to be segmented goes round a veth's ring.
func (b *bench) setOffloads(ctx context.Context) error {
	for _, end := range []*lab.Namespace{b.wire.Client, b.wire.Server} {
		err := end.Ethtool(ctx, lab.EndDev, "tso", "off", "gso", "off", "tx", "off")
		if err != nil {
			return err
		}
	}
	return nil
}

// receive has a thread of its own take frames from the flooded port, as a network card's would be, and not
// the generator.
func (b *bench) receive(ctx context.Context) (err error) {
	b.poller, err = b.wire.PollOuter(ctx)
	return err
}

func (b *bench) startServer(ctx context.Context) error {
	_, err := b.wire.Server.Start("nice", "-n", endNice, "taskset", "-c", b.others, "iperf3", "--server")
	if err != nil {
		return err
	}
	return b.wire.Server.WaitListen(ctx, bulkPort)
}

func (b *bench) startDaemon(ctx context.Context) (err error) {
	b.daemon, b.client, err = running.Start(ctx, b.wire.Lab, b.wire.Wire,
		fmt.Appendf(nil, configuration, b.offload),
		"taskset", "-c", b.others)
	return err
}

// measure has one flow run, floods the wire for a part of its life, and compares.
func (b *bench) measure(ctx context.Context, d *direction) (s sample, err error) {
	receiver := b.others
	if d.apart {
		receiver = floodProcessor
	}
	if err := b.poller.Pin(ctx, receiver); err != nil {
		return s, err
	}
	before, err := b.client.Status(ctx)
	if err != nil {
		return s, err
	}
	args := append([]string{"nice", "-n", endNice, "taskset", "-c", b.others,
		"iperf3", "--client", lab.ServerAddr4, "--time", "600"}, d.flags...)
	flow, err := b.wire.Client.Start(args...)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, flow.Kill()) }()
	if err := b.waitSpliced(ctx, before, d); err != nil {
		return s, err
	}
	if s.Before, err = b.rate(ctx, d); err != nil {
		return s, err
	}
	if s.During, err = b.flooded(ctx, d, &s); err != nil {
		return s, err
	}
	s.After, err = b.rate(ctx, d)
	return s, err
}

// waitSpliced waits for the two connections of iperf3, and until data comes.
func (b *bench) waitSpliced(ctx context.Context, before dataplane.Status, d *direction) error {
	return lab.WaitFor(ctx, "a spliced flow", waitMax, func() (bool, error) {
		s, err := b.client.Status(ctx)
		if err != nil || s.Splices.Opened-before.Splices.Opened < 2 {
			return false, err
		}
		n, err := b.received(ctx, d)
		return n > 1<<20, err
	})
}

// rate is what the flow's receiver got in order, in bits a second.
func (b *bench) rate(ctx context.Context, d *direction) (float64, error) {
	time.Sleep(settle)
	from, err := b.received(ctx, d)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	time.Sleep(time.Duration(b.seconds) * time.Second)
	to, err := b.received(ctx, d)
	return float64(to-from) * 8 / time.Since(began).Seconds(), err
}

// received is what the flow's receiver's TCP has received in order, in bytes.
func (b *bench) received(ctx context.Context, d *direction) (most uint64, err error) {
	end, port := b.wire.Server, "sport"
	if d.back {
		end, port = b.wire.Client, "dport"
	}
	out, err := end.Run(ctx, "ss", "-tinH", fmt.Sprintf("%s = :%d", port, bulkPort))
	for _, field := range strings.Fields(out) {
		var n uint64
		if _, err := fmt.Sscanf(field, "bytes_received:%d", &n); err == nil {
			most = max(most, n)
		}
	}
	return most, err
}

// flooded is the rate while a flood is as fast as it can be, and notes what became of the flood.
func (b *bench) flooded(ctx context.Context, d *direction, s *sample) (float64, error) {
	flood, err := b.wire.StartFlood(lab.FloodOptions{Ports: floodPort, Seconds: 60, CPU: floodProcessor,
		Nice: floodNice})
	if err != nil {
		return 0, err
	}
	from, err := b.client.Status(ctx)
	began := time.Now()
	if err != nil {
		return 0, err
	}
	rate, err := b.rate(ctx, d)
	if err != nil {
		return 0, err
	}
	to, err := b.client.Status(ctx)
	took := time.Since(began)
	if err != nil {
		return 0, err
	}
	if err := flood.Stop(ctx); err != nil {
		return 0, err
	}
	result, err := flood.Result(ctx)
	if err != nil {
		return 0, err
	}
	s.Flood = fateOf(from, to, took, result.Rate)
	return rate, nil
}
