package serve

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestHTTPEndsWithItsContextAndFreesTheAddress(t *testing.T) {
	l := listen(t)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	server := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.NotFoundHandler()}
	go func() { ended <- HTTP(ctx, l, server, "tests at") }()
	response, err := http.Get("http://" + l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("after cancel: %v", err)
	}
	if again, err := net.Listen("tcp", l.Addr().String()); err != nil {
		t.Errorf("the address is not free: %v", err)
	} else {
		again.Close()
	}
}

func TestHTTPNamesTheServerThatFailed(t *testing.T) {
	l := listen(t)
	l.Close()
	err := HTTP(context.Background(), l, &http.Server{ReadHeaderTimeout: time.Second}, "tests at")
	if err == nil || !strings.HasPrefix(err.Error(), "serve tests at 127.0.0.1:") {
		t.Errorf("error is %v", err)
	}
}
