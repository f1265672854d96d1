package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"synscreen/bench/running"
	"synscreen/pkg/control"
	"synscreen/test/lab"
)

// configuration is a wire whose SYNs are challenged by the activation alone: no rate of this benchmark
// is a flood. `closed` leaves no bridge of the engine's own behind.
const configuration = `
set system dataplane-type userspace
set security screen ids-option bench tcp syn-flood attack-threshold 500000
set security zones security-zone untrust interfaces outer
set security zones security-zone untrust screen bench
set security zones security-zone trust interfaces inner
set security flow syn-flood-protection-mode syn-cookie
set security flow syn-cookie activation %s
set security flow syn-cookie validated-timeout 0
set security forwarding-options secure-wire w1 interface [ outer inner ]
set security forwarding-options secure-wire w1 on-failure closed
`

// bench is a client and a server at the ends of a wire.
type bench struct {
	wire    *lab.WireLab
	seconds int
	client  *control.Client
	daemon  *lab.Process
}

func newBench(ctx context.Context, l *lab.Lab, seconds int) (*bench, error) {
	w, err := l.NewWire(ctx, lab.WireOptions{})
	if err != nil {
		return nil, err
	}
	// A program on a veth takes segmentation offload away from its peer: the bridge is measured
	// without it, too.
	for _, end := range []*lab.Namespace{w.Client, w.Server} {
		err := end.Ethtool(ctx, lab.EndDev, "tso", "off", "gso", "off", "gro", "off", "tx", "off")
		if err != nil {
			return nil, err
		}
	}
	if _, err := w.Server.Start("iperf3", "--server"); err != nil {
		return nil, err
	}
	b := &bench{wire: w, seconds: seconds}
	return b, w.Server.WaitListen(ctx, 5201)
}

// round measures the bridge, then the wire, unspliced and spliced. The unspliced flow comes first: the
// engine learns from it what the server agrees to.
func (b *bench) round(ctx context.Context, r *results) error {
	if err := b.wire.JoinBridge(ctx); err != nil {
		return err
	}
	if err := b.measure(ctx, r, bridge); err != nil {
		return err
	}
	if err := b.wire.LeaveBridge(ctx); err != nil {
		return err
	}
	if err := b.startDaemon(ctx); err != nil {
		return err
	}
	if err := b.measure(ctx, r, unspliced); err != nil {
		return err
	}
	request := control.CommitRequest{Name: "bench.conf", Text: fmt.Sprintf(configuration, "always")}
	if _, err := b.client.Commit(ctx, request); err != nil {
		return err
	}
	if err := b.measureSpliced(ctx, r); err != nil {
		return err
	}
	return b.daemon.Stop(ctx)
}

func (b *bench) startDaemon(ctx context.Context) (err error) {
	b.daemon, b.client, err = running.Start(ctx, b.wire.Lab, b.wire.Wire,
		fmt.Appendf(nil, configuration, "threshold"))
	return err
}

// measureSpliced measures, and makes sure that what it measured was spliced.
func (b *bench) measureSpliced(ctx context.Context, r *results) error {
	before, err := b.client.Status(ctx)
	if err != nil {
		return err
	}
	if err := b.measure(ctx, r, spliced); err != nil {
		return err
	}
	after, err := b.client.Status(ctx)
	if err != nil {
		return err
	}
	// iperf3's own connection, and the one that is measured
	if got := after.Splices.Opened - before.Splices.Opened; got != 2 {
		return fmt.Errorf("%d connections were spliced, not 2: this is no measurement of a splice", got)
	}
	return nil
}

// measure has iperf3 send from the client to the server, by one connection.
func (b *bench) measure(ctx context.Context, r *results, way string) error {
	out, err := b.wire.Client.Run(ctx, "iperf3", "--client", lab.ServerAddr4, "--time",
		strconv.Itoa(b.seconds), "--json")
	if err != nil {
		return fmt.Errorf("%s: %w", way, err)
	}
	var report struct {
		End struct {
			SumReceived struct {
				BitsPerSecond float64 `json:"bits_per_second"`
			} `json:"sum_received"`
			SumSent struct {
				Retransmits int `json:"retransmits"`
			} `json:"sum_sent"`
		} `json:"end"`
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		return fmt.Errorf("%s: what iperf3 says: %w", way, err)
	}
	if report.End.SumReceived.BitsPerSecond == 0 {
		return fmt.Errorf("%s: nothing was received", way)
	}
	r.add(way, report.End.SumReceived.BitsPerSecond, report.End.SumSent.Retransmits)
	return nil
}
