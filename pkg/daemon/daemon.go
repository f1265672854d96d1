package daemon

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"synscreen/pkg/control"
	"synscreen/pkg/dataplane/userspace"
	"synscreen/pkg/history"
	"synscreen/pkg/metrics"
)

// Run is the life of a daemon, until the context ends. A configuration that cannot be read or does not
// fit together is an error; one that is refused later is not: the daemon runs and tries again.
func Run(ctx context.Context, options Options) error {
	first, err := readSource(options.ConfigFile)
	if err != nil {
		return err
	}
	syslog, err := newSyslogSender(options.Syslog, first.config.HostName, options.Log)
	if err != nil {
		return err
	}
	stateDir, err := filepath.Abs(options.Engine.StateDir)
	if err != nil {
		return err
	}
	options.Engine.StateDir = stateDir
	state, err := HoldStateDir(stateDir)
	if err != nil {
		return err
	}
	defer state.Release()
	kept, unread, err := history.Open(stateDir)
	if err != nil {
		return err
	}
	listeners, err := listen(options)
	if err != nil {
		return err
	}
	defer listeners.close()
	engine, err := options.OpenEngine(options.Engine)
	if err != nil {
		return err
	}
	manager := userspace.NewManager(engine, time.Now)
	defer func() { tellHandover(options.Log, manager) }()
	if first.config.HostName != "" {
		options.Log = options.Log.With("host_name", first.config.HostName)
	}
	for _, err := range unread {
		options.Log.Warn("a kept configuration is left out", "error", err)
	}
	return serve(ctx, options, listeners, manager, kept, first, syslog)
}

// serve runs the loop and the servers until the context ends or one of the servers fails.
func serve(ctx context.Context, options Options, listeners listeners, dataplane Dataplane,
	kept *history.Store, first source, syslog *syslogSender) error {
	parent := ctx
	ctx, stop := context.WithCancelCause(parent)
	defer stop(nil)
	errands, done := make(chan errand), make(chan struct{})
	manager := newService(os.Getenv, os.Getpid(), options.Log)
	l := &loop{
		service:   manager,
		dataplane: dataplane,
		history:   kept,
		file:      options.ConfigFile,
		log:       options.Log,
		hangup:    options.Hangup,
		errands:   errands,
		watcher:   newWatcher(),
		events:    newEventLog(options.Log, syslog),
		addresses: addressesOf,
	}
	backend := &backend{dataplane: dataplane, events: l.events, errands: errands, done: done}

	var servers sync.WaitGroup
	servers.Go(func() {
		stop(control.Serve(ctx, listeners.control, backend, options.Log))
	})
	if listeners.metrics != nil {
		servers.Go(func() {
			stop(metrics.Serve(ctx, listeners.metrics, backend, options.Log))
		})
	}
	if syslog != nil {
		servers.Go(func() { syslog.run(ctx) })
	}
	l.run(ctx, first)
	manager.tell("STOPPING=1")
	close(done)
	if syslog != nil {
		syslog.end()
	}
	options.Log.Info("daemon stops", "cause", context.Cause(ctx))
	servers.Wait()
	if parent.Err() != nil {
		return nil
	}
	return context.Cause(ctx)
}

// listeners are where the daemon can be reached.
type listeners struct {
	control net.Listener
	metrics net.Listener // nil: no metrics
}

// listen opens them all, or none.
func listen(options Options) (listeners, error) {
	socket, err := control.Listen(options.ControlSocket)
	if err != nil {
		return listeners{}, err
	}
	if options.MetricsAddr == "" {
		return listeners{control: socket}, nil
	}
	scraped, err := metrics.Listen(options.MetricsAddr)
	if err != nil {
		socket.Close()
		return listeners{}, err
	}
	return listeners{control: socket, metrics: scraped}, nil
}

func (l listeners) close() {
	l.control.Close()
	if l.metrics != nil {
		l.metrics.Close()
	}
}
