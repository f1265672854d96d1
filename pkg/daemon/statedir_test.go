package daemon

import (
	"os"
	"path/filepath"
	"testing"
)

func TestStateDirIsHeldByOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new")
	first, err := HoldStateDir(path)
	if err != nil {
		t.Fatal(err)
	}
	want := "lock the state directory " + path + ": a running daemon holds it; " +
		"stop that one or name another with --state-dir"
	if _, err := HoldStateDir(path); err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	first.Release()
	second, err := HoldStateDir(path)
	if err != nil {
		t.Fatalf("after release: %v", err)
	}
	second.Release()
}

func TestSaveReplacesTheCopyForItsOwnerAlone(t *testing.T) {
	path := t.TempDir()
	state, err := HoldStateDir(path)
	if err != nil {
		t.Fatal(err)
	}
	defer state.Release()
	for _, text := range []string{"long text\n", "short\n"} {
		if err := state.Save([]byte(text)); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(path, activeName))
		if err != nil || string(got) != text {
			t.Errorf("copy %q, error %v", got, err)
		}
	}
	info, err := os.Stat(filepath.Join(path, activeName))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, error %v", info.Mode(), err)
	}
	if entries, err := os.ReadDir(path); err != nil || len(entries) != 2 {
		t.Errorf("%v in the directory, error %v; want the lock and the copy", entries, err)
	}
}

func TestSaveThatFailsLeavesNothing(t *testing.T) {
	path := t.TempDir()
	state, err := HoldStateDir(path)
	if err != nil {
		t.Fatal(err)
	}
	defer state.Release()
	blocker := filepath.Join(path, activeName)
	if err := os.MkdirAll(filepath.Join(blocker, "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := state.Save([]byte("text")); err == nil {
		t.Error("saved over a directory")
	}
	if entries, err := os.ReadDir(path); err != nil || len(entries) != 2 {
		t.Errorf("%v in the directory, error %v; want the lock and the blocker", entries, err)
	}
}
