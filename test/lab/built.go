package lab

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Root is the top of the source tree that the working directory is in.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("lab: no go.mod above the working directory")
		}
		dir = parent
	}
}

// Built is the path of something that `make build` leaves under build/: bin/synscreen,
// c/test/synscreen-flood, c/test/tag.bpf.o.
func Built(name string) (string, error) {
	root, err := Root()
	if err != nil {
		return "", err
	}
	path := filepath.Join(root, "build", name)
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("lab: %w: run make build", err)
	}
	return path, nil
}
