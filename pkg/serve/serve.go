// Package serve runs an HTTP server for as long as a context lasts.
package serve

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"
)

// shutdownTimeout is how long requests under way may take when the context has ended.
const shutdownTimeout = 3 * time.Second

// HTTP answers requests until the context ends, then gives the listener back. what names the server
// in errors.
func HTTP(ctx context.Context, listener net.Listener, server *http.Server, what string) error {
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve %s %s: %w", what, listener.Addr(), err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	if server.Shutdown(grace) != nil {
		server.Close()
	}
	<-ended
	return nil
}
