package control

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"time"

	"synscreen/pkg/dataplane"
	"synscreen/pkg/serve"
)

// Backend is what the server needs of a daemon. Any goroutine may call it.
type Backend interface {
	Commit(ctx context.Context, request CommitRequest) (CommitResult, error)
	Check(ctx context.Context, request CommitRequest) (CheckResult, error)
	Confirm(ctx context.Context) (ConfirmResult, error)
	Rollback(ctx context.Context, request RollbackRequest) (CommitResult, error)
	Compare(ctx context.Context, request CompareRequest) (Comparison, error)
	Commits(ctx context.Context) (CommitList, error)
	Configuration(ctx context.Context, number *int) (Configuration, error) // nil: the running one
	ChangeKey(ctx context.Context, change dataplane.KeyChange) (KeyReport, error)
	Capabilities(ctx context.Context) (CapabilityReport, error)
	Status(ctx context.Context) (dataplane.Status, error)
	Flows(ctx context.Context, query FlowQuery) (FlowReport, error)
	ClearFlows(ctx context.Context, request ClearFlowsRequest) (ClearFlowsResult, error)
	Servers(ctx context.Context, query ServerQuery) (ServerReport, error)
	ClearServers(ctx context.Context) (ClearServersResult, error)
	Validated(ctx context.Context, query ValidatedQuery) (ValidatedReport, error)
	ClearValidated(ctx context.Context, request ClearValidatedRequest) (ClearValidatedResult, error)
	Floods(ctx context.Context) (FloodReport, error)
	IDSOptions(ctx context.Context, name string) ([]IDSOption, error) // empty: all
	Clear(ctx context.Context, request ClearRequest) (ClearResult, error)
	Tap(ctx context.Context, filter dataplane.TapFilter, send func(TapBatch) error) error
}

// Times that bound a request. A commit attaches interfaces, which may take long.
const (
	readTimeout    = 10 * time.Second
	writeTimeout   = 2 * time.Minute
	idleTimeout    = 30 * time.Second
	headerBytesMax = 16 << 10
)

// Serve answers requests until the context ends, then gives the listener back.
func Serve(ctx context.Context, listener net.Listener, backend Backend, log *slog.Logger) error {
	server := &http.Server{
		Handler:           Handler(backend),
		ReadHeaderTimeout: readTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    headerBytesMax,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	return serve.HTTP(ctx, listener, server, "the control socket")
}

// Handler is the protocol: one path for each kind of request.
func Handler(backend Backend) http.Handler {
	mux := http.NewServeMux()
	route(mux, "POST /v1/commit", posted[CommitRequest]("commit"), backend.Commit)
	route(mux, "POST /v1/check", posted[CommitRequest]("check"), backend.Check)
	route(mux, "POST /v1/confirm", nothing, without(backend.Confirm))
	route(mux, "POST /v1/rollback", posted[RollbackRequest]("rollback"), backend.Rollback)
	route(mux, "POST /v1/compare", posted[CompareRequest]("comparison"), backend.Compare)
	route(mux, "GET /v1/commits", nothing, without(backend.Commits))
	route(mux, "GET /v1/configuration", readNumber, backend.Configuration)
	route(mux, "POST /v1/key", readKeyChange, backend.ChangeKey)
	route(mux, "GET /v1/capabilities", nothing, without(backend.Capabilities))
	route(mux, "GET /v1/status", nothing, without(backend.Status))
	route(mux, "GET /v1/flows", readFlowQuery, backend.Flows)
	route(mux, "POST /v1/clear-flows", readClearFlows, backend.ClearFlows)
	route(mux, "GET /v1/servers", readServerQuery, backend.Servers)
	route(mux, "POST /v1/clear-servers", nothing, without(backend.ClearServers))
	route(mux, "GET /v1/validated", readValidatedQuery, backend.Validated)
	route(mux, "POST /v1/clear-validated", posted[ClearValidatedRequest]("zone to clear"), backend.ClearValidated)
	route(mux, "GET /v1/floods", nothing, without(backend.Floods))
	route(mux, "GET /v1/ids-options", readName, backend.IDSOptions)
	route(mux, "POST /v1/clear", posted[ClearRequest]("request to clear"), backend.Clear)
	mux.HandleFunc("POST /v1/tap", serveTap(backend.Tap))
	return mux
}
