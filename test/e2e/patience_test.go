package e2e

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"synscreen/test/lab"
)

// paced is a body that comes at a rate, a point on standard output for each piece, until SIGUSR1.
type paced struct {
	from  io.Reader
	piece int64
	ticks *time.Ticker
	hurry chan os.Signal
	fast  bool
}

// Read gives the next piece.
func (p *paced) Read(to []byte) (int, error) {
	if p.fast {
		return p.from.Read(to)
	}
	select {
	case <-p.hurry:
		p.fast = true
	case <-p.ticks.C:
		fmt.Print(".")
	}
	return io.ReadFull(p.from, to[:min(p.piece, int64(len(to)))])
}

// pour is the role of a client that uploads at a rate, and as fast as it can after SIGUSR1; in the end it
// prints the sum that the server made: pour URL BYTES BYTES-PER-SECOND.
func pour(ctx context.Context, args []string) error {
	if len(args) != 3 {
		return fmt.Errorf("a URL, a size and a rate are wanted, not %q", args)
	}
	size, sizeErr := strconv.ParseInt(args[1], 10, 64)
	rate, rateErr := strconv.ParseInt(args[2], 10, 64)
	if err := errors.Join(sizeErr, rateErr); err != nil {
		return err
	}
	const perSecond = 50
	body := &paced{from: lab.Content(size), piece: rate / perSecond, ticks: time.NewTicker(time.Second / perSecond),
		hurry: make(chan os.Signal, 1)}
	signal.Notify(body.hurry, syscall.SIGUSR1)
	r, err := http.NewRequestWithContext(ctx, http.MethodPut, args[0], body)
	if err != nil {
		return err
	}
	r.ContentLength = size
	response, err := (&http.Client{}).Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	fmt.Printf("\n%s\n", strings.TrimSpace(string(answer)))
	return err
}

// idle is the role of a client that is greeted, says nothing until SIGUSR1, and then wants to be
// answered: idle ADDRESS. It prints what it hears.
func idle(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("an address is wanted, not %q", args)
	}
	speak := make(chan os.Signal, 1)
	signal.Notify(speak, syscall.SIGUSR1)
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", args[0])
	if err != nil {
		return err
	}
	defer conn.Close()
	hear := func(length int) error {
		heard := make([]byte, length)
		_, err := io.ReadFull(conn, heard)
		fmt.Print(string(heard))
		return err
	}
	if err := hear(len("hello\n")); err != nil {
		return err
	}
	select {
	case <-speak:
	case <-ctx.Done():
		return ctx.Err()
	}
	if _, err := io.WriteString(conn, "still there?\n"); err != nil {
		return err
	}
	if err := conn.SetReadDeadline(time.Now().Add(startLimit)); err != nil {
		return err
	}
	return hear(len("still there?\n"))
}

// startGreeted starts a client that is silent after it was greeted.
func startGreeted(t testing.TB, w *lab.WireLab, family int) *lab.Process {
	t.Helper()
	address := strings.TrimPrefix(lab.URL(family, contentPort+1, ""), "http://")
	p, err := w.Client.StartRole("idle", address)
	if err != nil {
		t.Fatal(err)
	}
	err = lab.WaitFor(t.Context(), "a greeting", startLimit, func() (bool, error) {
		return p.Stdout() == "hello\n", nil
	})
	if err != nil {
		t.Fatalf("%v: %s", err, p.Output())
	}
	return p
}

// startUpload starts an upload at a rate and waits until it is under way.
func startUpload(t testing.TB, w *lab.WireLab, family int, size int64, rate int) *lab.Process {
	t.Helper()
	p, err := w.Client.StartRole("pour", lab.URL(family, contentPort, "/sum"), strconv.FormatInt(size, 10),
		strconv.Itoa(rate))
	if err != nil {
		t.Fatal(err)
	}
	err = lab.WaitFor(t.Context(), "an upload's progress", startLimit, func() (bool, error) {
		return len(p.Stdout()) >= 10, nil
	})
	if err != nil {
		t.Fatalf("%v: %s", err, p.Output())
	}
	return p
}

// wantGoesOn has a client that waits for SIGUSR1 finish, and asserts what it says in the end.
func wantGoesOn(t testing.TB, p *lab.Process, last string) {
	t.Helper()
	select {
	case <-p.Done():
		t.Errorf("%s: ended before it was told to go on: %s", p, p.Output())
		return
	default:
	}
	if err := p.Signal(syscall.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := p.Wait(ctx); err != nil {
		t.Error(err)
		return
	}
	said := strings.TrimRight(p.Stdout(), "\n")
	if got := said[strings.LastIndex(said, "\n")+1:]; got != last {
		t.Errorf("%s: said %q, want %q", p, got, last)
	}
}
