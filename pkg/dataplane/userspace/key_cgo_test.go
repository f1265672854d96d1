//go:build cgo

package userspace

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"synscreen/pkg/dataplane"
)

// keyBench is a real engine without ports, and the master keys that it is given.
type keyBench struct {
	t       *testing.T
	dir     string // the state directory
	manager *Manager
}

func newKeyBench(t *testing.T) *keyBench {
	t.Helper()
	b := &keyBench{t: t, dir: t.TempDir()}
	b.open()
	t.Cleanup(func() { b.manager.Close() })
	return b
}

func (b *keyBench) open() {
	b.t.Helper()
	engine, err := Open(dataplane.EngineOptions{StateDir: b.dir, FlowsMax: 1 << 10, FramesPerWorker: 1 << 11,
		ChunkSize: 2048})
	if err != nil {
		b.t.Fatal(err)
	}
	b.manager = NewManager(engine, time.Now)
}

// restart ends the engine and makes another one, with the configuration that has no lines.
func (b *keyBench) restart() {
	b.t.Helper()
	b.manager.Close()
	b.open()
	if err := b.commit(); err != nil {
		b.t.Fatal(err)
	}
}

// commit runs a configuration that has these lines.
func (b *keyBench) commit(lines ...string) error {
	text := "set system dataplane-type userspace\n" + strings.Join(lines, "\n")
	_, err := b.manager.Commit("test.conf", parse(b.t, text))
	return err
}

// change takes a step that must succeed and gives the keys after it.
func (b *keyBench) change(change dataplane.KeyChange) dataplane.KeyStatus {
	b.t.Helper()
	keys, err := b.manager.ChangeKey(change)
	if err != nil {
		b.t.Fatal(err)
	}
	return keys
}

func (b *keyBench) keys() dataplane.KeyStatus {
	b.t.Helper()
	status, err := b.manager.Status()
	if err != nil {
		b.t.Fatal(err)
	}
	return status.Key
}

// refuses takes a step that must fail and change nothing.
func (b *keyBench) refuses(change dataplane.KeyChange, why string) {
	b.t.Helper()
	before := b.keys()
	_, err := b.manager.ChangeKey(change)
	if err == nil || !strings.Contains(err.Error(), why) {
		b.t.Errorf("%s: error %v, want %q in it", change.Action, err, why)
	}
	after := b.keys()
	before.OtherLeft, after.OtherLeft = 0, 0 // time passes
	if after != before {
		b.t.Errorf("%s was refused, and the keys are %+v; they were %+v", change.Action, after, before)
	}
}

// writeKey makes a key file of one repeated digit.
func writeKey(t *testing.T, path, digit string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(strings.Repeat(digit, 64)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

func stage(file string) dataplane.KeyChange {
	return dataplane.KeyChange{Action: dataplane.StageKey, File: file}
}

func activate() dataplane.KeyChange { return dataplane.KeyChange{Action: dataplane.ActivateKey} }

func rotate() dataplane.KeyChange { return dataplane.KeyChange{Action: dataplane.RotateKey} }

func wantLeft(t *testing.T, keys dataplane.KeyStatus) {
	t.Helper()
	if keys.OtherLeft <= 127*time.Second || keys.OtherLeft > 192*time.Second {
		t.Errorf("the retired key is forgotten in %s, want two epochs and what is left of this one", keys.OtherLeft)
	}
}

func TestKeyIsStagedActivatedAndRetired(t *testing.T) {
	b := newKeyBench(t)
	b.refuses(rotate(), "commit a configuration first")
	if err := b.commit(); err != nil {
		t.Fatal(err)
	}
	first := b.keys()
	want := dataplane.KeyStatus{File: filepath.Join(b.dir, "master.key"), Active: first.Active}
	if len(first.Active) != 16 || first != want {
		t.Errorf("keys at first: %+v", first)
	}
	b.refuses(activate(), "none is staged")

	file := filepath.Join(t.TempDir(), "new.key")
	b.refuses(stage(file), file+": cannot be opened: No such file or directory")
	writeKey(t, file, "a")
	replaced := b.change(stage(file))
	writeKey(t, file, "b")
	staged := b.change(stage(file))
	want.OtherKind, want.Other = dataplane.OtherKeyStaged, staged.Other
	if staged != want || staged.Other == replaced.Other {
		t.Errorf("staged %+v after %+v", staged, replaced)
	}

	active := b.change(activate())
	want = dataplane.KeyStatus{File: want.File, Active: staged.Other, OtherKind: dataplane.OtherKeyRetired,
		Other: first.Active, OtherLeft: active.OtherLeft}
	if active != want {
		t.Errorf("activated %+v after %+v", active, staged)
	}
	wantLeft(t, active)
	b.refuses(stage(file), "this is the active key already")
	b.refuses(rotate(), "is still accepted")
}

func TestKeysCarryOnAfterARestart(t *testing.T) {
	b := newKeyBench(t)
	if err := b.commit(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "new.key")
	writeKey(t, file, "a")
	for _, change := range []dataplane.KeyChange{stage(file), activate()} {
		before := b.change(change)
		b.restart()
		after := b.keys()
		if after.OtherKind == dataplane.OtherKeyRetired {
			wantLeft(t, after)
		}
		after.OtherLeft = before.OtherLeft // time passes
		if after != before {
			t.Errorf("after %s and a restart: %+v, before it %+v", change.Action, after, before)
		}
	}
}

func TestKeyRotatesByItself(t *testing.T) {
	b := newKeyBench(t)
	if err := b.commit(); err != nil {
		t.Fatal(err)
	}
	first := b.keys()
	next := b.change(rotate())
	if next.Active == first.Active || next.Other != first.Active || next.OtherKind != dataplane.OtherKeyRetired {
		t.Errorf("rotated to %+v from %+v", next, first)
	}
}

func TestKeyFileBelongsToTheOperator(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "ours.key")
	line := "set security flow syn-cookie key-file " + file
	b := newKeyBench(t)
	err := b.commit(line)
	want := "test.conf:2:30: security flow syn-cookie key-file: master key: " + file +
		": cannot be opened: No such file or directory; mend the file or name another one, then commit again"
	if err == nil || err.Error() != want {
		t.Errorf("without the file: error %v, want %s", err, want)
	}
	writeKey(t, file, "a")
	if err := b.commit(line, "set security flow syn-cookie epoch-skew 7"); err != nil {
		t.Fatal(err)
	}
	first := b.keys()
	if first.File != file {
		t.Errorf("keys %+v, want those of %s", first, file)
	}
	if status, err := b.manager.Status(); err != nil || status.EpochSkew != 7*time.Second || status.Codec == "" {
		t.Errorf("status %+v, error %v", status, err)
	}
	b.refuses(rotate(), file+" is yours")

	staged := filepath.Join(dir, "staged.key")
	writeKey(t, staged, "b")
	b.change(stage(staged))
	b.refuses(activate(), file+" does not hold the staged key")
	writeKey(t, file, "b")
	if keys := b.change(activate()); keys.Other != first.Active || keys.File != file {
		t.Errorf("activated %+v after %+v", keys, first)
	}
	writeKey(t, file, "c")
	if err := b.commit(line); err == nil || !strings.Contains(err.Error(), "key-file: master key: the key before") {
		t.Errorf("a third key: error %v", err)
	}
}

func TestCommitActivatesTheKeyOfItsKeyFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ours.key")
	writeKey(t, file, "a")
	b := newKeyBench(t)
	if err := b.commit(); err != nil {
		t.Fatal(err)
	}
	first := b.keys()
	if err := b.commit("set security flow syn-cookie key-file " + file); err != nil {
		t.Fatal(err)
	}
	keys := b.keys()
	if keys.File != file || keys.Active == first.Active || keys.Other != first.Active {
		t.Errorf("keys %+v after %+v", keys, first)
	}
	wantLeft(t, keys)
}
