package daemon

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"synscreen/pkg/control"
	"synscreen/pkg/dataplane"
	"synscreen/pkg/dataplane/userspace"
)

// manager is a service manager's end of the protocol.
type manager struct{ *net.UnixConn }

func newManager(t *testing.T) (manager, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notify")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { socket.Close() })
	return manager{socket}, path
}

// next gives the next message; the test's own deadline ends the wait.
func (m manager) next(t *testing.T) string {
	t.Helper()
	if deadline, ok := t.Deadline(); ok {
		if err := m.SetReadDeadline(deadline.Add(-time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	buffer := make([]byte, 4096)
	n, err := m.Read(buffer)
	if err != nil {
		t.Fatal(err)
	}
	return string(buffer[:n])
}

// after gives the next message that keeps nobody alive.
func (m manager) after(t *testing.T) string {
	t.Helper()
	for {
		if text := m.next(t); text != "WATCHDOG=1" {
			return text
		}
	}
}

// reload checks a message that begins a reload, and gives the one that ends it.
func (m manager) reload(t *testing.T) string {
	t.Helper()
	got := m.after(t)
	since := regexp.MustCompile(`^RELOADING=1\nMONOTONIC_USEC=([0-9]+)$`).FindStringSubmatch(got)
	if since == nil {
		t.Fatalf("a reload begins with %q", got)
	}
	// systemd compares it with its own reading of that clock, which is the time since the boot
	text, err := os.ReadFile("/proc/uptime")
	if err != nil {
		t.Fatal(err)
	}
	up, err := strconv.ParseFloat(strings.Fields(string(text))[0], 64)
	if err != nil {
		t.Fatal(err)
	}
	if usec, err := strconv.ParseFloat(since[1], 64); err != nil || usec <= 0 || usec > (up+1)*1e6 {
		t.Errorf("reload since %s us, up for %.2f s (%v)", since[1], up, err)
	}
	return m.after(t)
}

// runUnder runs a daemon that some service manager has started.
func runUnder(t *testing.T, options Options, socket, watchdog string) (stop func() error) {
	t.Helper()
	t.Setenv("NOTIFY_SOCKET", socket)
	t.Setenv("WATCHDOG_USEC", watchdog)
	t.Setenv("WATCHDOG_PID", strconv.Itoa(os.Getpid()))
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- Run(ctx, options) }()
	return func() error {
		cancel()
		return <-ended
	}
}

func TestServiceManagerIsToldOfTheDaemonsLife(t *testing.T) {
	const (
		first  = "READY=1\nSTATUS=Running generation 1, mode drop"
		second = "READY=1\nSTATUS=Running generation 2, mode drop"
		third  = "READY=1\nSTATUS=Running generation 3, mode drop"
	)
	manager, socket := newManager(t)
	options, _ := newOptions(t, valid)
	hangup := make(chan os.Signal, 1)
	options.Hangup = hangup
	stop := runUnder(t, options, socket, "20000")
	if got := manager.next(t); got != first {
		t.Errorf("ready: %q", got)
	}
	for range 3 {
		if got := manager.next(t); got != "WATCHDOG=1" {
			t.Errorf("kept alive by %q", got)
		}
	}
	committed := make(chan error, 1)
	go func() {
		_, err := control.NewClient(options.ControlSocket).Commit(t.Context(), control.CommitRequest{Name: "n", Text: valid})
		committed <- err
	}()
	if got := manager.reload(t); got != second {
		t.Errorf("after a commit: %q", got)
	}
	if err := <-committed; err != nil {
		t.Error(err)
	}
	hangup <- os.Interrupt
	if got := manager.reload(t); got != third {
		t.Errorf("after a reload: %q", got)
	}
	if err := os.WriteFile(options.ConfigFile, []byte("set nonsense\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	hangup <- os.Interrupt
	if got := manager.reload(t); got != third {
		t.Errorf("after a reload that was refused: %q", got)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if got := manager.after(t); got != "STOPPING=1" {
		t.Errorf("stopping: %q", got)
	}
}

func TestServiceManagerIsToldThatNothingRuns(t *testing.T) {
	manager, socket := newManager(t)
	options, _ := newOptions(t, valid+"set security flow syn-flood-protection-mode syn-cookie\n")
	stop := runUnder(t, options, socket, "")
	if got := manager.next(t); got != "READY=1\nSTATUS=No configuration is running; see synscreen show capabilities" {
		t.Errorf("ready: %q", got)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if got := manager.next(t); got != "STOPPING=1" { // and nothing before that keeps it alive
		t.Errorf("stopping: %q", got)
	}
}

// statusOf is a dataplane with one status.
type statusOf struct {
	*scripted
	status dataplane.Status
	err    error
}

func (r statusOf) Status() (dataplane.Status, error) { return r.status, r.err }

func TestDaemonIsKeptAliveOnlyWhileTheEngineIs(t *testing.T) {
	manager, socket := newManager(t)
	for _, test := range []struct {
		name  string
		of    statusOf
		alive bool
	}{
		{"all workers beat", statusOf{status: dataplane.Status{Workers: 2}}, true},
		{"there are none", statusOf{}, true},
		{"one stands still", statusOf{status: dataplane.Status{Workers: 2, WorkersLate: 1}}, false},
		{"the engine does not answer", statusOf{err: errors.New("closed")}, false},
	} {
		l := &loop{dataplane: test.of, service: service{socket: socket, log: slog.New(slog.DiscardHandler)}}
		l.keepAlive()
		l.service.tell("X_END=1")
		got := []string{}
		for len(got) == 0 || got[len(got)-1] != "X_END=1" {
			got = append(got, manager.next(t))
		}
		want := []string{"X_END=1"}
		if test.alive {
			want = []string{"WATCHDOG=1", "X_END=1"}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestServiceReadsTheWatchdogThatIsMeantForIt(t *testing.T) {
	for _, test := range []struct {
		socket, limit, pid string
		want               time.Duration
	}{
		{"/n", "30000000", "", 30 * time.Second},
		{"/n", "30000000", "7", 30 * time.Second},
		{"/n", "30000000", "8", 0}, // of the process that started this one
		{"", "30000000", "7", 0},
		{"/n", "", "", 0},
		{"/n", "0", "", 0},
		{"/n", "-1", "", 0},
		{"/n", "30s", "", 0},
	} {
		got := newService(func(name string) string {
			return map[string]string{"NOTIFY_SOCKET": test.socket, "WATCHDOG_USEC": test.limit, "WATCHDOG_PID": test.pid}[name]
		}, 7, nil)
		if got.watchdog != test.want || got.socket != test.socket {
			t.Errorf("%+v gives %s at %q", test, got.watchdog, got.socket)
		}
	}
}

func TestServiceStatusSaysWhatRuns(t *testing.T) {
	running := userspace.Running{Generation: 3, Mode: dataplane.ModeSynCookie}
	if got := serviceStatus(running); got != "STATUS=Running generation 3, mode syn-cookie" {
		t.Errorf("status %q", got)
	}
}

func TestNotifyWithoutASocketDoesNothing(t *testing.T) {
	if err := notify("", "READY=1"); err != nil {
		t.Error(err)
	}
}

func TestNotifyNamesTheSocketThatFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	err := notify(path, "READY=1")
	if err == nil || !strings.HasPrefix(err.Error(), "notify the service manager at "+path+": ") {
		t.Errorf("error %v", err)
	}
}
