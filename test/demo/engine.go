package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"synscreen/pkg/control"
	"synscreen/pkg/dataplane"
	"synscreen/test/lab"
)

//go:embed wire.conf
var wireConf []byte

const engineStartMax = 15 * time.Second

// engine is a running synscreen.
type engine struct {
	*lab.Process
	client *control.Client
}

// startEngine runs `synscreen run` on the wire and waits until it protects.
func startEngine(ctx context.Context, w *lab.WireLab) (*engine, error) {
	binary, err := lab.Built("bin/synscreen")
	if err != nil {
		return nil, err
	}
	config := filepath.Join(w.Dir(), "wire.conf")
	socket := filepath.Join(w.Dir(), "control")
	if err := os.WriteFile(config, wireConf, 0o644); err != nil {
		return nil, err
	}
	p, err := w.Wire.Start(binary, "run", "--config", config, "--control-socket", socket,
		"--state-dir", filepath.Join(w.Dir(), "state"), "--learning-seconds", "0")
	if err != nil {
		return nil, err
	}
	e := &engine{p, control.NewClient(socket)}
	if err := e.waitProtecting(ctx); err != nil {
		return e, fmt.Errorf("%w: %s", err, p.Output())
	}
	return e, e.pin(ctx)
}

func (e *engine) waitProtecting(ctx context.Context) error {
	return lab.WaitFor(ctx, "synscreen to protect the wire", engineStartMax, func() (bool, error) {
		select {
		case <-e.Done():
			return false, fmt.Errorf("it has ended")
		default:
		}
		status, err := e.client.Status(ctx)
		return err == nil && status.Generation > 0 && status.Mode == dataplane.ModeSynCookie, nil
	})
}

func (e *engine) pin(ctx context.Context) error {
	for _, tid := range threadsNamed(e.PID(), "screen-0") {
		if err := exec.CommandContext(ctx, "taskset", "-pc", engineCPU(), strconv.Itoa(tid)).Run(); err != nil {
			return fmt.Errorf("taskset: %w", err)
		}
	}
	return nil
}

// reading is what the engine has counted since its start.
type reading struct {
	at           time.Duration // on the engine's clock
	syns         uint64        // that met a flooding destination, answered or not
	challenges   uint64
	cookiesValid uint64
	admitted     uint64 // SYNs that went through unchallenged: in calm, or by a white-list
	lost         uint64 // frames that found a full receive ring
	attacks      uint64 // destinations that began to flood
}

// The fates of a SYN whose destination floods.
var floodReasons = []string{"reply_challenge", "drop_syn_flood", "drop_syn_mss", "drop_syn_md5",
	"drop_syn_source", "drop_no_keyset", "drop_reply_budget"}

func (e *engine) read(ctx context.Context) (reading, error) {
	status, err := e.client.Status(ctx)
	if err != nil {
		return reading{}, err
	}
	r := reading{at: status.Uptime}
	for _, port := range status.Ports {
		if port.Interface == lab.OuterDev {
			r.addPort(port)
		}
	}
	for _, zone := range status.Zones {
		r.cookiesValid += zone.CookiesValid
		r.attacks += zone.Attacks
	}
	return r, nil
}

func (r *reading) addPort(port dataplane.PortStatus) {
	frames := map[string]uint64{}
	for _, reason := range port.Frames {
		frames[reason.Reason] = reason.Frames
	}
	for _, name := range floodReasons {
		r.syns += frames[name]
	}
	r.challenges = frames["reply_challenge"]
	r.admitted = frames["forward_syn_calm"] + frames["forward_syn_white_list"]
	r.lost = port.KernelRxDropped
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
