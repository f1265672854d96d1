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

// MintCookie computes the cookie of one SYN, without an engine.
func MintCookie(query dataplane.MintQuery) (dataplane.Cookie, error) {
	cookie, err := gobind.MintCookie(query)
	if err != nil {
		return cookie, fmt.Errorf("mint the cookie: %w", err)
	}
	return cookie, nil
}

// CheckCookie checks the cookie of one segment, without an engine. An invalid one is no error.
func CheckCookie(query dataplane.CheckQuery) (dataplane.CookieCheck, error) {
	check, err := gobind.CheckCookie(query)
	if err != nil {
		return check, fmt.Errorf("check the cookie: %w", err)
	}
	return check, nil
}

// OpenReplay makes an engine without interfaces for an encoded snapshot. Its epoch stays the same.
func OpenReplay(keyFile string, epoch uint64, snapshot []byte) (Replay, error) {
	replay, err := gobind.OpenReplay(keyFile, epoch, snapshot)
	if err != nil {
		return nil, fmt.Errorf("open a replay: %w", err)
	}
	return replay, nil
}

// Library describes the engine's library of this build.
func Library() string {
	return fmt.Sprintf("libsynscreen.so, ABI version %d", gobind.LibraryVersion())
}
