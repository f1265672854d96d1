package daemon

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// lockName is the file of the state directory that tells who holds it.
const lockName = "daemon.lock"

// StateDir is a state directory that this process holds alone. What is in it belongs to the engine, and
// to package history.
type StateDir struct{ lock *os.File }

// HoldStateDir makes the directory if need be and locks it. The lock ends with the process, if not by
// Release.
func HoldStateDir(path string) (*StateDir, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("make the state directory %s: %w", path, err)
	}
	lock, err := os.OpenFile(filepath.Join(path, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the state directory %s: %w", path, err)
	}
	err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = errors.New("a running daemon holds it; stop that one or name another with --state-dir")
	}
	if err != nil {
		lock.Close()
		return nil, fmt.Errorf("lock the state directory %s: %w", path, err)
	}
	return &StateDir{lock: lock}, nil
}

// Release lets another process have the directory.
func (s *StateDir) Release() { s.lock.Close() }
