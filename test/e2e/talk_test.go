package e2e

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"synscreen/test/lab"
)

// A talk is one connection: both ends send random bytes at once, each checks what the other sent, and
// tells what its kernel has agreed to. On the wire:
//
//	server  hello      if it speaks first
//	client  what it wants, as JSON; then up bytes that the token makes
//	server  down bytes that the token makes otherwise
//	server  what it has to tell, as JSON
//	client  closes
//
// Each piece of JSON comes behind its length.

// talk is what a client is to do.
type talk struct {
	Address     string // and port
	ServerFirst bool
	Up, Down    uint32 // bytes

	Offer offer
	Next  *stance `json:",omitempty"` // what the server is to be in connections after this one
}

// wish is what a client says first.
type wish struct {
	Token    uint64
	Up, Down uint32
	Next     *stance `json:",omitempty"`
}

// talked is what came of it.
type talked struct {
	Error          string `json:",omitempty"`
	From           string // the client's address and port
	Client, Server told
	Took           time.Duration // from the first SYN to the client's close
}

// told is what one end has to say.
type told struct{ Agreed }

// talkLimit is for one connection. A lost SYN costs a second, a lost repetition two more, and so on.
const talkLimit = 40 * time.Second

const talkHello = "hello\n"

// talkBytes are the bytes of one direction.
func talkBytes(token uint64, down bool, n uint32) io.Reader {
	var seed [32]byte
	binary.BigEndian.PutUint64(seed[:], token)
	if down {
		seed[31] = 1
	}
	return io.LimitReader(rand.NewChaCha8(seed), int64(n))
}

// wantBytes reads as many bytes as there are in the other reader, and compares.
func wantBytes(from, want io.Reader) error {
	got, expected := make([]byte, 32<<10), make([]byte, 32<<10)
	for at := 0; ; {
		n, err := want.Read(expected)
		if err == io.EOF {
			return nil
		}
		if _, err := io.ReadFull(from, got[:n]); err != nil {
			return fmt.Errorf("after %d bytes: %w", at, err)
		}
		if !bytes.Equal(got[:n], expected[:n]) {
			return fmt.Errorf("wrong bytes from %d on", at)
		}
		at += n
	}
}

// listenAt is one port of a talking server.
type listenAt struct {
	Port   int
	First  bool // it speaks first
	Buffer int  // its receive buffer; 0: the kernel's own choice
}

// talkServe is the role of a server that talks, until SIGTERM: talk-serve PORTS, a list in JSON. It
// prints a line for each connection that did not end as it should.
func talkServe(ctx context.Context, args []string) error {
	var ports []listenAt
	if len(args) != 1 {
		return fmt.Errorf("a list of ports is wanted, not %q", args)
	}
	if err := json.Unmarshal([]byte(args[0]), &ports); err != nil {
		return err
	}
	for _, at := range ports {
		config := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error { return setBuffer(c, at.Buffer) }}
		config.SetMultipathTCP(false)
		l, err := config.Listen(ctx, "tcp", fmt.Sprintf(":%d", at.Port))
		if err != nil {
			return err
		}
		defer l.Close()
		go serveTalks(l, at.First) // ends with the listener
	}
	fmt.Println("listening")
	<-ctx.Done()
	return nil
}

func serveTalks(l net.Listener, first bool) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() { // ends with the connection, which has a limit
			defer conn.Close()
			conn.SetDeadline(time.Now().Add(talkLimit))
			if err := serveTalk(l, conn, first); err != nil {
				fmt.Printf("%v: %v\n", conn.RemoteAddr(), err)
			}
		}()
	}
}

func serveTalk(l net.Listener, conn net.Conn, first bool) error {
	if first {
		if _, err := io.WriteString(conn, talkHello); err != nil {
			return fmt.Errorf("hello: %w", err)
		}
	}
	var w wish
	if err := readJSON(conn, &w); err != nil {
		return fmt.Errorf("the client's first words: %w", err)
	}
	sent := make(chan error, 1)
	go func() { // ends with the connection
		_, err := io.Copy(conn, talkBytes(w.Token, true, w.Down))
		sent <- err
	}()
	received := wantBytes(conn, talkBytes(w.Token, false, w.Up))
	if err := errors.Join(received, <-sent, w.Next.take(l)); err != nil {
		return err
	}
	agreed, err := agreedOn(conn)
	if err != nil {
		return err
	}
	if err := writeJSON(conn, told{Agreed: agreed}); err != nil {
		return err
	}
	if n, err := io.Copy(io.Discard, conn); err != nil || n != 0 {
		return fmt.Errorf("the client's end: %d bytes, %w", n, err)
	}
	return nil
}

func writeJSON(to io.Writer, what any) error {
	text, err := json.Marshal(what)
	if err != nil {
		return err
	}
	_, err = to.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(text))), text...))
	return err
}

func readJSON(from io.Reader, into any) error {
	var length [2]byte
	if _, err := io.ReadFull(from, length[:]); err != nil {
		return err
	}
	text := make([]byte, binary.BigEndian.Uint16(length[:]))
	if _, err := io.ReadFull(from, text); err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

// talkRole is the role of a client that talks: talk FILE PARALLEL. The file has a list of talks in JSON;
// what came of each is printed in its order, a line each.
func talkRole(ctx context.Context, args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("a file and a number are wanted, not %q", args)
	}
	text, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	var talks []talk
	if err := json.Unmarshal(text, &talks); err != nil {
		return err
	}
	parallel, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	for _, r := range talkAll(ctx, talks, parallel) {
		if err := out.Encode(r); err != nil {
			return err
		}
	}
	return nil
}

func talkAll(ctx context.Context, talks []talk, parallel int) []talked {
	results := make([]talked, len(talks))
	next := make(chan int)
	var workers sync.WaitGroup
	for range parallel {
		workers.Go(func() {
			for i := range next {
				results[i] = talkOnce(ctx, talks[i], uint64(i)+1)
			}
		})
	}
	for i := range talks {
		next <- i
	}
	close(next)
	workers.Wait()
	return results
}

func talkOnce(ctx context.Context, t talk, token uint64) (r talked) {
	start := time.Now()
	err := t.Offer.prepare()
	if err == nil {
		err = t.hold(ctx, token, &r)
	}
	r.Took = time.Since(start)
	if err != nil {
		r.Error = err.Error()
	}
	return r
}

// hold holds the conversation.
func (t talk) hold(ctx context.Context, token uint64, r *talked) error {
	dialer := net.Dialer{Timeout: talkLimit, Control: func(_, _ string, c syscall.RawConn) error { return t.Offer.setOptions(c) }}
	conn, err := dialer.DialContext(ctx, "tcp", t.Address)
	if err != nil {
		return err
	}
	defer conn.Close()
	r.From = conn.LocalAddr().String()
	conn.SetDeadline(time.Now().Add(talkLimit))
	if t.ServerFirst {
		hello := make([]byte, len(talkHello))
		if _, err := io.ReadFull(conn, hello); err != nil || string(hello) != talkHello {
			return fmt.Errorf("greeted with %q, %w", hello, err)
		}
	}
	sent := make(chan error, 1)
	go func() { sent <- t.say(conn, token) }() // ends with the connection
	err = wantBytes(conn, talkBytes(token, true, t.Down))
	if err = errors.Join(err, <-sent); err != nil {
		return err
	}
	if err := readJSON(conn, &r.Server); err != nil {
		return fmt.Errorf("the server's last words: %w", err)
	}
	r.Client.Agreed, err = agreedOn(conn)
	return err
}

func (t talk) say(conn net.Conn, token uint64) error {
	var first bytes.Buffer
	if err := writeJSON(&first, wish{token, t.Up, t.Down, t.Next}); err != nil {
		return err
	}
	_, err := io.CopyBuffer(onlyWriter{conn}, io.MultiReader(&first, talkBytes(token, false, t.Up)),
		make([]byte, 64<<10))
	return err
}

// onlyWriter has no ReadFrom, which would choose its own buffer.
type onlyWriter struct{ io.Writer }

// startTalkServer starts a talking server and waits until it listens.
func startTalkServer(t testing.TB, w *lab.WireLab, ports ...listenAt) *lab.Process {
	t.Helper()
	text, err := json.Marshal(ports)
	if err != nil {
		t.Fatal(err)
	}
	p, err := w.Server.StartRole("talk-serve", string(text))
	if err != nil {
		t.Fatal(err)
	}
	waitSays(t, p, "listening")
	return p
}

// runTalks has the client talk, so many at a time.
func runTalks(t testing.TB, w *lab.WireLab, parallel int, talks []talk) (results []talked) {
	t.Helper()
	text, err := json.Marshal(talks)
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.CreateTemp(w.Dir(), "talks-")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Write(text); err != nil {
		t.Fatal(err)
	}
	file.Close()
	p, err := w.Client.StartRole("talk", file.Name(), strconv.Itoa(parallel))
	if err == nil {
		err = p.Wait(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	for decoder := json.NewDecoder(strings.NewReader(p.Stdout())); ; {
		var r talked
		if err := decoder.Decode(&r); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		results = append(results, r)
	}
	if len(results) != len(talks) {
		t.Fatalf("%d of %d talks were held", len(results), len(talks))
	}
	return results
}

// learnTalks has the wire see in calm what the server's ports answer to a Linux client of each family.
func learnTalks(t testing.TB, w *lab.WireLab, ports ...int) {
	t.Helper()
	var talks []talk
	for _, port := range ports {
		for _, family := range families {
			talks = append(talks, talk{Address: talkAddress(family, port)})
		}
	}
	for i, r := range runTalks(t, w, 1, talks) {
		if r.Error != "" {
			t.Fatalf("%+v: %s", talks[i], r.Error)
		}
	}
}

// wantTalked asserts that every talk went well, at both ends.
func wantTalked(t testing.TB, server *lab.Process, talks []talk, results []talked) {
	t.Helper()
	const shown = 10
	failed := 0
	for i, r := range results {
		if r.Error == "" {
			continue
		}
		if failed++; failed <= shown {
			t.Errorf("talk %d from %s, %+v: after %v: %s", i, r.From, talks[i], r.Took, r.Error)
		}
	}
	if failed > 0 {
		t.Errorf("%d of %d talks failed", failed, len(results))
	}
	if said := strings.TrimPrefix(server.Stdout(), "listening\n"); said != "" {
		lines := strings.Split(strings.TrimSpace(said), "\n")
		t.Errorf("the server saw %d connections fail, among them %q", len(lines), lines[:min(shown, len(lines))])
	}
}

// talkAddress is where a port of the server is.
func talkAddress(family, port int) string {
	return strings.TrimPrefix(lab.URL(family, port, ""), "http://")
}

// portOf is the port of an address.
func portOf(address string) int {
	port, _ := strconv.Atoi(address[strings.LastIndex(address, ":")+1:])
	return port
}

// tookPercentile is what so many percent of the talks took at most.
func tookPercentile(results []talked, percent int) time.Duration {
	var all []time.Duration
	for _, r := range results {
		all = append(all, r.Took)
	}
	slices.Sort(all)
	return all[(len(all)-1)*percent/100].Round(time.Millisecond)
}
