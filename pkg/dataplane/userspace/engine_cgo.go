//go:build cgo

package userspace

import (
	"fmt"

	"synscreen/gobind"
	"synscreen/pkg/dataplane"
)

// Open makes an engine of libsynscreen.so, without ports.
func Open(options dataplane.EngineOptions) (Engine, error) {
	engine, err := gobind.Open(options)
	if err != nil {
		return nil, fmt.Errorf("open the engine: %w", err)
	}
	return engine, nil
}

// Detach takes away what a dead engine left on this machine's interfaces, as recorded in stateDir, and
// gives the number of interfaces that were freed.
func Detach(stateDir string) (int, error) {
	freed, err := gobind.Detach(stateDir)
	if err != nil {
		return 0, fmt.Errorf("detach what is recorded in %s: %w", stateDir, err)
	}
	return freed, nil
}

// Library describes the engine's library of this build.
func Library() string {
	return fmt.Sprintf("libsynscreen.so, ABI version %d", gobind.LibraryVersion())
}
