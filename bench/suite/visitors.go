package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"synscreen/test/lab"
)

const (
	visitorsRole, listenerRole = "visitors", "listener"

	serverPort   = 80
	visitMax     = 4 * time.Second // a visit that takes longer has failed
	visitorsNice = "-15"           // they have machines of their own
)

// visit is one legitimate connection: connect, ask, be answered.
type visit struct {
	Succeeded bool    `json:"succeeded"`
	Connect   float64 `json:"connect"` // ms
	Answer    float64 `json:"answer"`  // ms, from the beginning
}

// runListener is the server: it answers each question with a word. The client closes first.
func runListener(ctx context.Context, _ []string) error {
	return acceptAll(ctx, serverPort, serve)
}

// acceptAll has each connection to a port served, until the context is over.
func acceptAll(ctx context.Context, port int, serve func(net.Conn)) error {
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
	_ = c.SetDeadline(time.Now().Add(2 * visitMax))
	question := make([]byte, 1)
	if _, err := io.ReadFull(c, question); err != nil {
		return
	}
	_, _ = c.Write([]byte("hello"))
	_, _ = io.Copy(io.Discard, c)
}

// listen starts the server.
func (g *ground) listen(ctx context.Context) error {
	if _, err := g.startPinned(g.server, "0", listenerRole); err != nil {
		return err
	}
	return g.server.WaitListen(ctx, serverPort)
}

// startPinned starts a role on the system's processor.
func (g *ground) startPinned(n *lab.Namespace, nice, role string, args ...string) (*lab.Process, error) {
	p, err := n.StartRole(role, args...)
	if err != nil {
		return nil, err
	}
	return p, pin(p, nice)
}

// runVisitors is a crowd that comes at a steady rate, and writes each visit to its standard output.
func runVisitors(ctx context.Context, args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("a count and a rate are wanted, not %q", args)
	}
	count, countErr := strconv.Atoi(args[0])
	perSecond, rateErr := strconv.Atoi(args[1])
	if err := errors.Join(countErr, rateErr); err != nil {
		return err
	}
	visits := make([]visit, count)
	ticks := time.NewTicker(time.Second / time.Duration(perSecond))
	defer ticks.Stop()
	var all sync.WaitGroup
	for i := range count {
		all.Go(func() { visits[i] = pay(ctx, i) })
		select {
		case <-ticks.C:
		case <-ctx.Done():
		}
	}
	all.Wait()
	return json.NewEncoder(os.Stdout).Encode(visits)
}

// pay pays one visit.
func pay(ctx context.Context, i int) (v visit) {
	began := time.Now()
	since := func() float64 { return float64(time.Since(began).Microseconds()) / 1000 }
	dialer := net.Dialer{Deadline: began.Add(visitMax),
		LocalAddr: &net.TCPAddr{IP: net.ParseIP(visitorAddr(i % visitorsCount))}}
	dialer.SetMultipathTCP(false)
	c, err := dialer.DialContext(ctx, "tcp4", fmt.Sprintf("%s:%d", serverAddr, serverPort))
	if err != nil {
		return v
	}
	defer c.Close()
	v.Connect = since()
	_ = c.SetDeadline(began.Add(visitMax))
	if _, err := c.Write([]byte("?")); err != nil {
		return v
	}
	word := make([]byte, len("hello"))
	_, err = io.ReadFull(c, word)
	v.Answer, v.Succeeded = since(), err == nil && string(word) == "hello"
	return v
}

// visits has a crowd come, and waits for the last.
func (g *ground) visits(ctx context.Context, count, perSecond int) ([]visit, error) {
	p, err := g.startPinned(g.outside, visitorsNice, visitorsRole, strconv.Itoa(count), strconv.Itoa(perSecond))
	if err != nil {
		return nil, err
	}
	if err := p.Wait(ctx); err != nil {
		return nil, err
	}
	var visits []visit
	return visits, json.NewDecoder(strings.NewReader(p.Stdout())).Decode(&visits)
}
