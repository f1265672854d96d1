package daemon

import (
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
