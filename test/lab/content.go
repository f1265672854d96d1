package lab

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"time"
)

// The content server: transfers whose checksums both ends can compute.
//
//	GET /bytes/N   N bytes that are always the same; Content(N) makes them, ContentSum(N) sums them
//	PUT /sum       answers with the SHA-256 of what was sent, in hexadecimal
//	the greeting   the port above speaks first, "hello\n", then sends back what it gets

const greeting = "hello\n"

// Content returns the n bytes that GET /bytes/N serves.
func Content(n int64) io.Reader {
	return io.LimitReader(rand.NewChaCha8([32]byte{'s', 'y', 'n'}), n)
}

// ContentSum is the SHA-256 of Content(n), in hexadecimal.
func ContentSum(n int64) string {
	sum, _ := sumOf(Content(n)) // reading it cannot fail
	return sum
}

func sumOf(r io.Reader) (string, error) {
	hash := sha256.New()
	_, err := io.Copy(hash, r)
	return hex.EncodeToString(hash.Sum(nil)), err
}

// StartContent starts the content server on a port and the greeting on the next one, and waits
// until both listen. The binary must call RunRole.
func (n *Namespace) StartContent(ctx context.Context, port int) (*Process, error) {
	p, err := n.StartRole("content", strconv.Itoa(port))
	if err != nil {
		return nil, err
	}
	for _, each := range []int{port, port + 1} {
		if err := n.WaitListen(ctx, each); err != nil {
			return p, fmt.Errorf("%w: %s", err, p.Output())
		}
	}
	return p, nil
}

func serveContent(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("one argument is wanted, a port, not %q", args)
	}
	port, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	greet, err := listen(ctx, port+1)
	if err != nil {
		return err
	}
	defer greet.Close()
	go serveGreeting(greet) // ends when the listener is closed
	l, err := listen(ctx, port)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /bytes/{n}", getBytes)
	mux.HandleFunc("PUT /sum", putSum)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	context.AfterFunc(ctx, func() { server.Close() })
	if err := server.Serve(l); ctx.Err() == nil {
		return err
	}
	return nil
}

// listen opens a plain TCP listener; Go's are MPTCP ones by default, which a kernel may treat
// differently.
func listen(ctx context.Context, port int) (net.Listener, error) {
	var config net.ListenConfig
	config.SetMultipathTCP(false)
	return config.Listen(ctx, "tcp", fmt.Sprintf(":%d", port))
}

func getBytes(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.ParseInt(r.PathValue("n"), 10, 64)
	if err != nil || n < 0 {
		http.Error(w, "a number of bytes is wanted", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Length", strconv.FormatInt(n, 10))
	io.Copy(w, Content(n)) // an error is the client's loss, and it sees it
}

func putSum(w http.ResponseWriter, r *http.Request) {
	sum, err := sumOf(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	fmt.Fprintln(w, sum)
}

func serveGreeting(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() { // ends with the connection
			defer conn.Close()
			io.WriteString(conn, greeting)
			io.Copy(conn, conn)
		}()
	}
}
