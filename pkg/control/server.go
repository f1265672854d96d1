package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"time"

	"synscreen/pkg/dataplane"
	"synscreen/pkg/serve"
)

// Backend is what the server needs of a daemon. Any goroutine may call it.
type Backend interface {
	Commit(ctx context.Context, request CommitRequest) (CommitResult, error)
	ChangeKey(ctx context.Context, change dataplane.KeyChange) (KeyReport, error)
	Capabilities(ctx context.Context) (CapabilityReport, error)
	Status(ctx context.Context) (dataplane.Status, error)
	Flows(ctx context.Context, query FlowQuery) (FlowReport, error)
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
	mux.HandleFunc("POST /v1/commit", func(w http.ResponseWriter, r *http.Request) {
		request, err := readBody[CommitRequest](w, r, "commit")
		if err != nil {
			fail(w, http.StatusBadRequest, err)
			return
		}
		result, err := backend.Commit(r.Context(), request)
		answer(w, result, err)
	})
	mux.HandleFunc("POST /v1/key", func(w http.ResponseWriter, r *http.Request) {
		change, err := readBody[dataplane.KeyChange](w, r, "change of the master key")
		if err == nil {
			err = change.Check()
		}
		if err != nil {
			fail(w, http.StatusBadRequest, err)
			return
		}
		report, err := backend.ChangeKey(r.Context(), change)
		answer(w, report, err)
	})
	mux.HandleFunc("GET /v1/capabilities", func(w http.ResponseWriter, r *http.Request) {
		report, err := backend.Capabilities(r.Context())
		answer(w, report, err)
	})
	mux.HandleFunc("GET /v1/status", func(w http.ResponseWriter, r *http.Request) {
		status, err := backend.Status(r.Context())
		answer(w, status, err)
	})
	mux.HandleFunc("GET /v1/flows", func(w http.ResponseWriter, r *http.Request) {
		query, err := readFlowQuery(r)
		if err != nil {
			fail(w, http.StatusBadRequest, err)
			return
		}
		report, err := backend.Flows(r.Context(), query)
		answer(w, report, err)
	})
	return mux
}

// readBody reads what is posted.
func readBody[T any](w http.ResponseWriter, r *http.Request, what string) (T, error) {
	var request T
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, requestBytesMax))
	if err != nil {
		return request, fmt.Errorf("read the %s: %w", what, err)
	}
	if err := json.Unmarshal(body, &request); err != nil {
		return request, fmt.Errorf("read the %s: %w", what, err)
	}
	return request, nil
}

func readFlowQuery(r *http.Request) (FlowQuery, error) {
	values := r.URL.Query()
	query := FlowQuery{Limit: FlowsLimitDefault, Summary: values.Get("summary") == "true"}
	var errs []error
	if text := values.Get("limit"); text != "" {
		limit, err := strconv.Atoi(text)
		if err != nil || limit < 0 || limit > FlowsLimitMax {
			errs = append(errs, fmt.Errorf("limit %q: not a number from 0 to %d", text, FlowsLimitMax))
		}
		query.Limit = limit
	}
	var err error
	query.Client, err = readPrefix(values, "client")
	errs = append(errs, err)
	query.Server, err = readPrefix(values, "server")
	errs = append(errs, err)
	return query, errors.Join(errs...)
}

func readPrefix(values url.Values, name string) (netip.Prefix, error) {
	text := values.Get(name)
	if text == "" {
		return netip.Prefix{}, nil
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return prefix, fmt.Errorf("%s %q: not a prefix such as 192.0.2.0/24", name, text)
	}
	return prefix, nil
}

func answer(w http.ResponseWriter, value any, err error) {
	if err != nil {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	write(w, http.StatusOK, value)
}

func fail(w http.ResponseWriter, status int, err error) {
	write(w, status, failure{Error: err.Error()})
}

// write sends a value. An error here is a client that went away: nobody is left to be told.
func write(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value)
}
