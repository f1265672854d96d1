package daemon

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"synscreen/pkg/control"
	"synscreen/pkg/dataplane"
	"synscreen/pkg/dataplane/userspace"
)

// idleEngine takes every configuration, proves nothing, and says when it is closed.
type idleEngine struct {
	idleLook
	idleSessions
	closed chan dataplane.Leave
}

func (e *idleEngine) Prepare([]byte) error  { return nil }
func (e *idleEngine) Publish() error        { return nil }
func (e *idleEngine) Drop()                 {}
func (e *idleEngine) StageKey(string) error { return nil }
func (e *idleEngine) ActivateKey() error    { return nil }
func (e *idleEngine) RotateKey() error      { return nil }
func (e *idleEngine) Capabilities() (dataplane.Capabilities, error) {
	return dataplane.Capabilities{Ports: []dataplane.PortProof{}}, nil
}
func (e *idleEngine) Status() (dataplane.Status, error)             { return dataplane.Status{Workers: 2}, nil }
func (e *idleEngine) Events(int) ([]dataplane.Event, uint64, error) { return nil, 0, nil }
func (e *idleEngine) HandOver() (int, error)                        { return 0, nil }
func (e *idleEngine) Close(leave dataplane.Leave)                   { e.closed <- leave }

// newOptions gives the options of a daemon in a directory of its own.
func newOptions(t *testing.T, text string) (Options, *idleEngine) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "f.conf")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	engine := &idleEngine{closed: make(chan dataplane.Leave, 1)}
	return Options{
		ConfigFile:    file,
		ControlSocket: filepath.Join(dir, "s"),
		Engine:        dataplane.EngineOptions{StateDir: filepath.Join(dir, "state")},
		Log:           slog.New(slog.DiscardHandler),
		OpenEngine:    func(dataplane.EngineOptions) (userspace.Engine, error) { return engine, nil },
	}, engine
}

// runDaemon runs a daemon until it is ready; the function that it gives stops it.
func runDaemon(t *testing.T, options Options) (stop func() error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notify")
	ready, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer ready.Close()
	t.Setenv("NOTIFY_SOCKET", path)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- Run(ctx, options) }()
	if _, err := ready.Read(make([]byte, 64)); err != nil {
		t.Fatal(err)
	}
	return func() error {
		cancel()
		return <-ended
	}
}

func TestDaemonAnswersUntilItIsStopped(t *testing.T) {
	options, engine := newOptions(t, valid)
	stop := runDaemon(t, options)
	client := control.NewClient(options.ControlSocket)
	if status, err := client.Status(t.Context()); err != nil || status.Workers != 2 {
		t.Errorf("status %+v, error %v", status, err)
	}
	report, err := client.Capabilities(t.Context())
	if err != nil || report.Running.Generation != 1 || report.Running.Source != options.ConfigFile {
		t.Errorf("capabilities %+v, error %v", report, err)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if leave := <-engine.closed; leave != dataplane.LeaveByFailureMode {
		t.Errorf("left as %v", leave)
	}
	if _, err := os.Stat(options.ControlSocket); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("control socket after the end: %v", err)
	}
	if state, err := HoldStateDir(options.Engine.StateDir); err != nil {
		t.Error(err)
	} else {
		state.Release()
	}
}

func TestDaemonRunsOnWithARefusedConfiguration(t *testing.T) {
	options, _ := newOptions(t, valid+"set security flow syn-flood-protection-mode syn-cookie\n")
	stop := runDaemon(t, options)
	report, err := control.NewClient(options.ControlSocket).Capabilities(t.Context())
	if err != nil || report.Running.Generation != 0 || report.LastRefusal == nil {
		t.Errorf("capabilities %+v, error %v", report, err)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func TestDaemonServesMetrics(t *testing.T) {
	options, _ := newOptions(t, valid)
	probe, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	options.MetricsAddr = probe.Addr().String()
	probe.Close()
	stop := runDaemon(t, options)
	response, err := http.Get("http://" + options.MetricsAddr + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("status %s", response.Status)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func TestDaemonDoesNotStart(t *testing.T) {
	for _, test := range []struct {
		name  string
		spoil func(t *testing.T, o *Options)
		want  string
	}{
		{"without a file", func(_ *testing.T, o *Options) { o.ConfigFile = "/nonexistent" },
			"read the configuration: open /nonexistent: no such file or directory"},
		{"with errors in the file", func(t *testing.T, o *Options) {
			if err := os.WriteFile(o.ConfigFile, []byte("set a\nset b\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, "f.conf:2:5: "},
		{"where another daemon lives", func(t *testing.T, o *Options) {
			state, err := HoldStateDir(o.Engine.StateDir)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(state.Release)
		}, "a running daemon holds it"},
		{"where another daemon answers", func(t *testing.T, o *Options) {
			listener, err := control.Listen(o.ControlSocket)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { listener.Close() })
		}, "a running daemon answers there"},
		{"where metrics cannot be served", func(_ *testing.T, o *Options) { o.MetricsAddr = "nowhere" },
			"open the address of --metrics: listen tcp: address nowhere: missing port in address; write an address "},
		{"without an engine", func(_ *testing.T, o *Options) {
			o.OpenEngine = func(dataplane.EngineOptions) (userspace.Engine, error) {
				return nil, errors.New("no memory")
			}
		}, "no memory"},
	} {
		t.Run(test.name, func(t *testing.T) {
			options, _ := newOptions(t, valid)
			test.spoil(t, &options)
			err := Run(t.Context(), options)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q in it", err, test.want)
			}
		})
	}
}
