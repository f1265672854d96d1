package visiting

import (
	"context"
	"fmt"
	"io"
	"net"
	"time"
)

// ListenerRole is the server's, to be started where it is.
const ListenerRole = "listener"

// RunListener is the server: it answers each question with a word. The client closes first.
func RunListener(ctx context.Context, _ []string) error {
	return AcceptAll(ctx, Port, serve)
}

// AcceptAll has each connection to a port served, until the context is over.
func AcceptAll(ctx context.Context, port int, serve func(net.Conn)) error {
	l, err := listenPlain(ctx, port)
	if err != nil {
		return err
	}
	for {
		c, err := l.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		go serve(c)
	}
}

// listenPlain listens without MPTCP; until the context is over.
func listenPlain(ctx context.Context, port int) (net.Listener, error) {
	var config net.ListenConfig
	config.SetMultipathTCP(false)
	l, err := config.Listen(ctx, "tcp4", fmt.Sprintf("%s:%d", serverAddr, port))
	if err == nil {
		context.AfterFunc(ctx, func() { l.Close() })
	}
	return l, err
}

func serve(c net.Conn) {
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(2 * VisitMax))
	question := make([]byte, 1)
	if _, err := io.ReadFull(c, question); err != nil {
		return
	}
	_, _ = c.Write([]byte("hello"))
	_, _ = io.Copy(io.Discard, c)
}
