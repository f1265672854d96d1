package e2e

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"synscreen/pkg/control"
	"synscreen/pkg/dataplane"
	"synscreen/test/lab"
)

// cookies is what `show security syn-cookie --json` prints, as far as tests look at it.
type cookies struct {
	CheckEpoch uint64                 `json:"check_epoch"`
	MintEpoch  uint64                 `json:"mint_epoch"`
	State      dataplane.ClusterState `json:"cluster_state"`
	Key        dataplane.KeyStatus    `json:"key"`
}

func (d *daemon) cookies(t testing.TB) cookies {
	t.Helper()
	var c cookies
	d.show(t, &c, "security", "syn-cookie")
	return c
}

// tryKey asks for one step of the way of a master key: stage-key FILE, activate-key, rotate-key.
func (d *daemon) tryKey(t testing.TB, step ...string) error {
	t.Helper()
	_, err := d.synscreen(t.Context(), append([]string{"request", "security", "syn-cookie"}, step...)...)
	return err
}

// mustKey makes a step that must succeed, and wants the keys to be as the command says.
func (d *daemon) mustKey(t testing.TB, step ...string) dataplane.KeyStatus {
	t.Helper()
	var report control.KeyReport
	d.read(t, &report, append([]string{"request", "security", "syn-cookie"}, step...)...)
	key := d.cookies(t).Key
	if said := report.Key; key.Active != said.Active || key.Other != said.Other || key.OtherKind != said.OtherKind {
		t.Errorf("%q: show says %+v, the command said %+v", step, key, said)
	}
	return key
}

// wantKeys asserts which keys are in use.
func wantKeys(t testing.TB, key dataplane.KeyStatus, active string, kind dataplane.OtherKey, other string) {
	t.Helper()
	if key.Active != active || key.OtherKind != kind || key.Other != other {
		t.Errorf("active %q, %s %q, want active %q, %s %q", key.Active, key.OtherKind, key.Other, active, kind, other)
	}
}

// waitForgotten waits until no key is accepted beside the active one.
func (d *daemon) waitForgotten(t testing.TB) {
	t.Helper()
	d.waitStatus(t, "the end of the retired key", func(s dataplane.Status) bool {
		return s.Key.OtherKind == dataplane.OtherKeyNone
	})
}

// writeKey writes a key file that differs from all of another seed.
func writeKey(t testing.TB, dir, name, seed string) (path string) {
	t.Helper()
	path = filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(hex.EncodeToString(keyOf(seed))+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// keyOf is a master key that only tests have.
func keyOf(seed string) []byte { return blake2b(nil, []byte("a key of a test: "+seed), nil, nil, 32) }

// readKey reads a key file.
func readKey(t testing.TB, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != 32 {
		t.Fatalf("%s holds no key: %d bytes, %v", path, len(key), err)
	}
	return key
}

// epochSeconds is how long an epoch of the test's library lasts.
const epochSeconds = 2

// startShortEpochs starts a daemon whose epochs last 2 s, and no clock differs.
func startShortEpochs(t testing.TB, w *lab.WireLab, c configuration, flags ...string) *daemon {
	t.Helper()
	return startShortEpochsBy(t, w, []string{"env"}, c, flags...)
}

// startShortEpochsBy does so by a command whose last program is env(1). An epoch begins when it has been
// synced to the state directory: on a disk that others keep busy that could take a good part of it.
func startShortEpochsBy(t testing.TB, w *lab.WireLab, by []string, c configuration, flags ...string) *daemon {
	t.Helper()
	library, err := lab.Built("c/short/libsynscreen.so")
	if err != nil {
		t.Fatal(err)
	}
	state, err := w.MemoryDir()
	if err == nil {
		err = os.Symlink(state, filepath.Join(w.Dir(), "state"))
	}
	if err != nil {
		t.Fatal(err)
	}
	c.noSkew = true
	by = append(slices.Clone(by), "LD_LIBRARY_PATH="+filepath.Dir(library))
	d := launchDaemonBy(t, w, by, c, append(flags, noLearning)...)
	d.waitRunning(t)
	epoch := time.Now().Unix() / epochSeconds
	if e := int64(d.cookies(t).CheckEpoch); e < epoch-2 || e > epoch+2 {
		t.Fatalf("epoch %d, want about %d: this is another library", e, epoch)
	}
	return d
}
