package e2e

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"testing"
	"unsafe"

	daemonpkg "synscreen/pkg/daemon"
	"synscreen/pkg/dataplane"
	"synscreen/pkg/dataplane/userspace"
	"synscreen/test/lab"
)

// corruption changes a snapshot on its way to the engine, as a fault of the control plane would.
type corruption struct {
	Offset   int  `json:"offset"`   // of the byte that is flipped; from the end when negative
	Truncate int  `json:"truncate"` // bytes cut off the end
	Seal     bool `json:"seal"`     // the digest is made right again: only the meaning is wrong
}

func (c corruption) apply(snapshot []byte) []byte {
	out := append([]byte{}, snapshot[:len(snapshot)-c.Truncate]...)
	if c.Truncate == 0 {
		at := c.Offset
		if at < 0 {
			at += len(out)
		}
		out[at] ^= 0xff
	}
	if c.Seal {
		reseal(out)
	}
	return out
}

// Where a snapshot's digest is, and what it covers.
const (
	digestAt  = int(unsafe.Offsetof(userspace.HeaderRecord{}.Digest))
	digestEnd = digestAt + userspace.DigestSize
)

// reseal makes the digest right again.
func reseal(snapshot []byte) {
	digest := sha256.Sum256(snapshot[digestEnd:])
	copy(snapshot[digestAt:], digest[:])
}

// corruptible is the role of a daemon, the real one with the real library, whose snapshots are
// corrupted while a file says how: corruptible CONFIG STATE SOCKET FILE.
func corruptible(ctx context.Context, args []string) error {
	if len(args) != 4 {
		return fmt.Errorf("CONFIG STATE SOCKET FILE are wanted, not %q", args)
	}
	return daemonpkg.Run(ctx, daemonpkg.Options{
		ConfigFile:    args[0],
		ControlSocket: args[2],
		Engine: dataplane.EngineOptions{StateDir: args[1], FlowsMax: 1 << 16, FramesPerWorker: 1 << 14,
			ChunkSize: 2048},
		Log: slog.New(slog.NewTextHandler(os.Stderr, nil)),
		OpenEngine: func(options dataplane.EngineOptions) (userspace.Engine, error) {
			engine, err := userspace.Open(options)
			return corrupter{engine, args[3]}, err
		},
	})
}

// corrupter is an engine that is handed corrupted snapshots.
type corrupter struct {
	userspace.Engine
	file string
}

func (c corrupter) Prepare(snapshot []byte) error {
	text, err := os.ReadFile(c.file)
	if errors.Is(err, fs.ErrNotExist) {
		return c.Engine.Prepare(snapshot)
	}
	var how corruption
	if err = errors.Join(err, json.Unmarshal(text, &how)); err != nil {
		return err
	}
	return c.Engine.Prepare(how.apply(snapshot))
}

// startCorruptible starts such a daemon and waits until its configuration runs.
func startCorruptible(t testing.TB, w *lab.WireLab, c configuration) *daemonUnderFault {
	t.Helper()
	d := &daemonUnderFault{daemon: newDaemon(t, w, c), file: w.Dir() + "/corruption"}
	var err error
	d.Process, err = w.Wire.StartRole("corruptible", d.config, d.state, d.socket, d.file)
	if err != nil {
		t.Fatal(err)
	}
	d.waitAnswer(t)
	d.waitRunning(t)
	return d
}

// daemonUnderFault is a running corruptible.
type daemonUnderFault struct {
	*daemon
	file string
}

// corrupt corrupts every snapshot from now on.
func (d *daemonUnderFault) corrupt(t testing.TB, how corruption) (mend func()) {
	t.Helper()
	text, err := json.Marshal(how)
	if err == nil {
		err = os.WriteFile(d.file, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		if err := os.Remove(d.file); err != nil {
			t.Fatal(err)
		}
	}
}
