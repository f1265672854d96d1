package metrics

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"synscreen/pkg/serve"
)

// Bounds of a scrape.
const (
	scrapeTimeout  = 10 * time.Second
	headerBytesMax = 16 << 10
	scrapesMax     = 4
)

// Listen opens the address of --metrics.
func Listen(addr string) (net.Listener, error) {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("open the address of --metrics: %w; write an address of this machine and a free "+
			"port, such as 127.0.0.1:9700", err)
	}
	return listener, nil
}

// Serve answers /metrics until the context ends, then gives the listener back.
func Serve(ctx context.Context, listener net.Listener, source Source, log *slog.Logger) error {
	server := &http.Server{
		Handler:           Handler(source),
		ReadHeaderTimeout: scrapeTimeout,
		ReadTimeout:       scrapeTimeout,
		WriteTimeout:      2 * scrapeTimeout,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    headerBytesMax,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	return serve.HTTP(ctx, listener, server, "metrics at")
}

// Handler serves /metrics from a registry of its own.
func Handler(source Source) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(NewCollector(source))
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		MaxRequestsInFlight: scrapesMax,
		Timeout:             scrapeTimeout,
	}))
	return mux
}
