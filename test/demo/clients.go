package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"synscreen/test/lab"
)

const (
	clientsRole  = "clients"
	clientsCount = 40 // source addresses of each family, inside the spoofed prefixes
	secondsMax   = 3  // a connection that takes longer has failed
)

// attempt is one legitimate connection: one curl process.
type attempt struct {
	Family    int     `json:"family"`
	Succeeded bool    `json:"succeeded"`
	Connect   float64 `json:"connect"` // seconds, curl's time_connect
	Total     float64 `json:"total"`   // seconds, curl's time_total
	Error     string  `json:"error,omitempty"`
}

// clients is a crowd of curls in the client's namespace. It writes each attempt to its standard
// output when it is over.
type clients struct{ *lab.Process }

// startClients makes count connections, perSecond of them a second, families in turn. One process
// starts them all: `ip netns exec` for each would cost more than the curl.
func startClients(w *lab.WireLab, count, perSecond int) (*clients, error) {
	p, err := w.Client.StartRole(clientsRole, strconv.Itoa(count), strconv.Itoa(perSecond))
	return &clients{p}, err
}

// attempts are those that are over by now.
func (c *clients) attempts() ([]attempt, error) {
	var all []attempt
	decoder := json.NewDecoder(strings.NewReader(c.Stdout()))
	for {
		var a attempt
		switch err := decoder.Decode(&a); {
		case err == nil:
			all = append(all, a)
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return all, nil // the last line may be half written
		default:
			return all, fmt.Errorf("%s: %w", c, err)
		}
	}
}

// runClients is the role.
func runClients(ctx context.Context, args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("a count and a rate are wanted, not %q", args)
	}
	count, countErr := strconv.Atoi(args[0])
	perSecond, rateErr := strconv.Atoi(args[1])
	if err := errors.Join(countErr, rateErr); err != nil {
		return err
	}
	ticks := time.NewTicker(time.Second / time.Duration(perSecond))
	defer ticks.Stop()
	done := make(chan attempt)
	var curls sync.WaitGroup
	go func() { // ends with the last curl
		for i := range count {
			curls.Go(func() { done <- curl(ctx, i) })
			select {
			case <-ticks.C:
			case <-ctx.Done():
			}
		}
		curls.Wait()
		close(done)
	}()
	out := json.NewEncoder(os.Stdout)
	var errs []error
	for a := range done {
		errs = append(errs, out.Encode(a))
	}
	return errors.Join(errs...)
}

// curl fetches the server's page over a new connection, from the address whose turn it is.
func curl(ctx context.Context, i int) attempt {
	a := attempt{Family: 4}
	source := lab.ClientAddr4(i / 2 % clientsCount)
	if i%2 == 1 {
		a.Family, source = 6, lab.ClientAddr6(i/2%clientsCount)
	}
	limit := strconv.Itoa(secondsMax)
	cmd := exec.CommandContext(ctx, "curl", "-q", "-sS", "--fail", "--noproxy", "*",
		"--interface", "host!"+source, "--connect-timeout", limit, "--max-time", limit,
		"--write-out", "%{time_connect} %{time_total}", lab.URL(a.Family, 80, "/"))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	page, times, _ := strings.Cut(string(out), "\n")
	_, scanErr := fmt.Sscan(times, &a.Connect, &a.Total)
	switch {
	case err != nil:
		a.Error = strings.TrimSpace(stderr.String())
	case scanErr != nil || page != "hello":
		a.Error = fmt.Sprintf("curl printed %q", out)
	default:
		a.Succeeded = true
	}
	return a
}
