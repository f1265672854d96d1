// Package daemon is `synscreen run`: it starts an engine, commits the configuration, keeps at it when
// it is refused, answers the command line, and logs what happens.
package daemon

import (
	"log/slog"
	"os"
	"time"

	"synscreen/pkg/dataplane"
	"synscreen/pkg/dataplane/userspace"
)

// DefaultStateDir is where a daemon keeps what must outlive it.
const DefaultStateDir = "/var/lib/synscreen"

// Times of the daemon's own life.
const (
	watchInterval = time.Second
	retryMin      = 5 * time.Second
	retryMax      = time.Minute
)

// Options are what a daemon is started with.
type Options struct {
	ConfigFile    string
	ControlSocket string
	MetricsAddr   string // empty: no metrics
	Syslog        string // where events go as well: a socket's path or udp://HOST:PORT; empty: nowhere
	Engine        dataplane.EngineOptions
	Log           *slog.Logger
	Hangup        <-chan os.Signal // asks to read the configuration file again

	// OpenEngine makes the engine; userspace.Open, except in tests.
	OpenEngine func(dataplane.EngineOptions) (userspace.Engine, error)
}
