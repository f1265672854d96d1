package daemon

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Files of the state directory that belong to the daemon; the others belong to the engine.
const (
	lockName   = "daemon.lock"
	activeName = "active.conf"
)

// StateDir is a state directory that this process holds alone.
type StateDir struct {
	path string
	lock *os.File
}

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
	return &StateDir{path: path, lock: lock}, nil
}

// Release lets another process have the directory.
func (s *StateDir) Release() { s.lock.Close() }

// Save keeps a copy of the configuration that runs. A reader sees the old copy or the new one, never
// a part.
func (s *StateDir) Save(text []byte) error {
	path := filepath.Join(s.path, activeName)
	if err := replace(path, text); err != nil {
		return fmt.Errorf("keep a copy of the configuration in %s: %w", path, err)
	}
	return nil
}

// replace writes a file beside its place, then moves it there.
func replace(path string, text []byte) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, ignoreMissing(os.Remove(file.Name())))
		}
	}()
	_, err = file.Write(text)
	err = errors.Join(err, file.Sync(), file.Close())
	if err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
