package control

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"synscreen/pkg/dataplane"
	"synscreen/pkg/dataplane/userspace"
)

// canned answers every request with what it holds, and keeps what it was asked.
type canned struct {
	looks
	sessions

	commit  CommitResult
	keys    KeyReport
	report  CapabilityReport
	status  dataplane.Status
	err     error
	request CommitRequest
	change  dataplane.KeyChange

	check         CheckResult
	confirmed     ConfirmResult
	list          CommitList
	configuration Configuration
	comparison    Comparison
	rollback      RollbackRequest
	compare       CompareRequest
	number        *int
}

func (c *canned) Commit(_ context.Context, request CommitRequest) (CommitResult, error) {
	c.request = request
	return c.commit, c.err
}

func (c *canned) Check(_ context.Context, request CommitRequest) (CheckResult, error) {
	c.request = request
	return c.check, c.err
}

func (c *canned) Confirm(context.Context) (ConfirmResult, error) { return c.confirmed, c.err }

func (c *canned) Rollback(_ context.Context, request RollbackRequest) (CommitResult, error) {
	c.rollback = request
	return c.commit, c.err
}

func (c *canned) Compare(_ context.Context, request CompareRequest) (Comparison, error) {
	c.compare = request
	return c.comparison, c.err
}

func (c *canned) Commits(context.Context) (CommitList, error) { return c.list, c.err }

func (c *canned) Configuration(_ context.Context, number *int) (Configuration, error) {
	c.number = number
	return c.configuration, c.err
}

func (c *canned) ChangeKey(_ context.Context, change dataplane.KeyChange) (KeyReport, error) {
	c.change = change
	return c.keys, c.err
}

func (c *canned) Capabilities(context.Context) (CapabilityReport, error) { return c.report, c.err }

func (c *canned) Status(context.Context) (dataplane.Status, error) { return c.status, c.err }

// start serves a backend on a socket until the test ends.
func start(t *testing.T, backend Backend) *Client {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s")
	listener, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, listener, backend, slog.New(slog.DiscardHandler)) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return NewClient(path)
}

func TestClientReadsWhatTheBackendSays(t *testing.T) {
	backend := &canned{
		commit: CommitResult{Generation: 3, Errors: []string{"a:1:2: bad"}, Warnings: []string{}},
		keys: KeyReport{Action: dataplane.StageKey, Key: dataplane.KeyStatus{
			File: "/s/master.key", Active: "aa", OtherKind: dataplane.OtherKeyStaged, Other: "bb",
		}},
		report: CapabilityReport{
			Running:      userspace.Running{Source: "a.conf", Generation: 3, Mode: dataplane.ModeSynCookie},
			Capabilities: dataplane.Capabilities{Mint: dataplane.Proof{Answer: dataplane.Yes}},
			LastRefusal:  &userspace.Rejection{Source: "b.conf", Refusals: []userspace.Refusal{{Reason: "no"}}},
		},
		status: dataplane.Status{Generation: 3, ClusterState: dataplane.ClusterAhead, Ports: []dataplane.PortStatus{{
			Interface: "eth1", Frames: []dataplane.ReasonCount{{Reason: "x", Verdict: dataplane.Drop, Frames: 4}},
		}}},
	}
	client, ctx := start(t, backend), t.Context()

	commit, err := client.Commit(ctx, CommitRequest{Name: "a", Text: "set x"})
	same(t, "commit", backend.commit, commit, err)
	same(t, "request", CommitRequest{Name: "a", Text: "set x"}, backend.request, nil)
	change := dataplane.KeyChange{Action: dataplane.StageKey, File: "/etc/k"}
	keys, err := client.ChangeKey(ctx, change)
	same(t, "keys", backend.keys, keys, err)
	same(t, "change", change, backend.change, nil)
	report, err := client.Capabilities(ctx)
	same(t, "capabilities", backend.report, report, err)
	status, err := client.Status(ctx)
	same(t, "status", backend.status, status, err)
}

func same[T any](t *testing.T, what string, want, got T, err error) {
	t.Helper()
	diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(userspace.Running{}),
		cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
		cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b }),
		cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }))
	if err != nil || diff != "" {
		t.Errorf("%s: error %v, (-want +got):\n%s", what, err, diff)
	}
}

func TestClientGetsTheBackendsError(t *testing.T) {
	client := start(t, &canned{err: errors.New("the engine is tired")})
	if _, err := client.Status(t.Context()); err == nil || err.Error() != "the engine is tired" {
		t.Errorf("error %v", err)
	}
}

func TestClientWithoutADaemonSaysWhatToDo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	want := "no daemon answers at " + path + "; start one with `synscreen run --config FILE`, " +
		"or name its socket with --control-socket"
	if _, err := NewClient(path).Status(t.Context()); err == nil || err.Error() != want {
		t.Errorf("without a socket: error %v", err)
	}
	leaveStale(t, path)
	if _, err := NewClient(path).Status(t.Context()); err == nil || err.Error() != want {
		t.Errorf("with a stale socket: error %v", err)
	}
}

func TestServerRefusesWhatItCannotRead(t *testing.T) {
	handler := Handler(&canned{})
	for _, test := range []struct {
		name, method, target, body string
		status                     int
		want                       string
	}{
		{"no JSON", "POST", "/v1/commit", "{", 400, `{"error":"read the commit: unexpected end of JSON input"}`},
		{"too long", "POST", "/v1/commit", strings.Repeat(" ", requestBytesMax+1), 400,
			`{"error":"read the commit: http: request body too large"}`},
		{"unknown step of a key", "POST", "/v1/key", `{"action":"forget-key"}`, 400,
			`{"error":"read the change of the master key: read action: ` +
				`\"forget-key\" is none of [stage-key activate-key rotate-key]"}`},
		{"no key to stage", "POST", "/v1/key", `{"action":"stage-key","file":"k"}`, 400,
			`{"error":"stage-key: \"k\" is not an absolute path"}`},
		{"no number", "GET", "/v1/configuration?number=x", "", 400, `{"error":"number \"x\": not a number"}`},
		{"no time", "POST", "/v1/commit", `{"confirm_minutes":65536}`, 400,
			`{"error":"read the commit: json: cannot unmarshal number 65536 into Go struct field ` +
				`CommitRequest.confirm_minutes of type uint16"}`},
		{"unknown path", "GET", "/v2/status", "", 404, "404 page not found"},
		{"wrong method", "GET", "/v1/commit", "", 405, "Method Not Allowed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			recorder := httptest.NewRecorder()
			handler.ServeHTTP(recorder, httptest.NewRequest(test.method, test.target, strings.NewReader(test.body)))
			if got := strings.TrimSpace(recorder.Body.String()); recorder.Code != test.status || got != test.want {
				t.Errorf("status %d, body %s", recorder.Code, got)
			}
		})
	}
}

func TestClientTellsAnswersThatAreNone(t *testing.T) {
	err := refusal(http.StatusText(http.StatusNotFound), []byte("404 page not found"))
	want := `the daemon answers "Not Found"; are daemon and command of one version?`
	if err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestSocketIsItsOwnersAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "s")
	listener, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, error %v", info.Mode(), err)
	}
}

func TestStaleSocketIsReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	leaveStale(t, path)
	listener, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("after close: %v", err)
	}
}

func TestPlaceThatIsTakenIsAnError(t *testing.T) {
	dir := t.TempDir()
	live := filepath.Join(dir, "live")
	listener, err := Listen(live)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	long := filepath.Join(dir, strings.Repeat("x", 108))
	for path, want := range map[string]string{
		live: "a running daemon answers there; stop it or name another with --control-socket",
		file: "something else is there; remove it or name another with --control-socket",
		long: "the path is longer than 107 bytes; name a shorter one with --control-socket",
	} {
		_, err := Listen(path)
		if want = "make the control socket " + path + ": " + want; err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

// leaveStale makes a socket that nobody listens on.
func leaveStale(t *testing.T, path string) {
	t.Helper()
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	listener.SetUnlinkOnClose(false)
	listener.Close()
}
