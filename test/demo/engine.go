package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"synscreen/pkg/control"
	"synscreen/pkg/dataplane"
	"synscreen/test/lab"
)

//go:embed wire.conf
var wireConf []byte

const protectMax = 15 * time.Second

// engine is a running synscreen.
type engine struct {
	*lab.Process
	*control.Client
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
	// nothing is connected yet that it would have to learn
	p, err := w.Wire.Start(binary, "run", "--config", config, "--control-socket", socket,
		"--state-dir", filepath.Join(w.Dir(), "state"), "--learning-seconds", "0")
	if err != nil {
		return nil, err
	}
	e := &engine{p, control.NewClient(socket)}
	if err := lab.WaitFor(ctx, "synscreen to protect the wire", protectMax, func() (bool, error) {
		return e.protects(ctx)
	}); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, p.Output())
	}
	return e, nil
}

func (e *engine) protects(ctx context.Context) (bool, error) {
	select {
	case <-e.Done():
		return false, errors.New("it has ended")
	default:
	}
	status, err := e.Status(ctx)
	if err != nil {
		return false, nil // it does not listen yet
	}
	return status.Generation > 0 && status.Mode == dataplane.ModeSynCookie, nil
}
