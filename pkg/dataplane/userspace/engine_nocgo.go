//go:build !cgo

package userspace

import (
	"errors"

	"synscreen/pkg/dataplane"
)

// errNoEngine says what a build without cgo can do.
var errNoEngine = errors.New("open the engine: this build of synscreen has none (built without cgo): " +
	"it offers check, help and the commands that speak to a running daemon; " +
	"build with CGO_ENABLED=1 for the rest")

// Open makes no engine in this build.
func Open(dataplane.EngineOptions) (Engine, error) { return nil, errNoEngine }

// Detach does nothing in this build.
func Detach(string) (int, error) { return 0, errNoEngine }

// MintCookie computes nothing in this build.
func MintCookie(dataplane.MintQuery) (dataplane.Cookie, error) {
	return dataplane.Cookie{}, errNoEngine
}

// CheckCookie checks nothing in this build.
func CheckCookie(dataplane.CheckQuery) (dataplane.CookieCheck, error) {
	return dataplane.CookieCheck{}, errNoEngine
}

// OpenReplay makes nothing in this build.
func OpenReplay(string, uint64, []byte) (Replay, error) { return nil, errNoEngine }

// Library describes the engine's library of this build.
func Library() string { return "none (built without cgo)" }
