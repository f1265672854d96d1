package e2e

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"synscreen/test/lab"
)

// request is the role of a client that sends all of a PUT at once and prints the answer:
// request URL BYTES.
func request(ctx context.Context, args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("a URL and a size are wanted, not %q", args)
	}
	size, err := strconv.ParseInt(args[1], 10, 64)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(lab.Content(size))
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPut, args[0], strings.NewReader(string(body)))
	if err != nil {
		return err
	}
	client := http.Client{Transport: &http.Transport{WriteBufferSize: len(body) + 4096}, Timeout: 20 * time.Second}
	response, err := client.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	fmt.Println(strings.TrimSpace(string(answer)))
	return err
}

// visitLimit is how long a visitor waits for a page: less than what a lost connection would need.
const visitLimit = 3 * time.Second

// visit is the role of a client that gets a page again and again, on a connection of its own each
// time, until SIGTERM: visit URL. It prints how many visits there were; one that fails ends it.
func visit(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("a URL is wanted, not %q", args)
	}
	return visitAgain(ctx, args[0], net.Dialer{}, 0)
}

// visitFrom is the same from an address, with a pause after each visit: visit-from ADDRESS PAUSE URL.
func visitFrom(ctx context.Context, args []string) error {
	if len(args) != 3 {
		return fmt.Errorf("an address, a pause and a URL are wanted, not %q", args)
	}
	pause, err := time.ParseDuration(args[1])
	if err != nil {
		return err
	}
	return visitAgain(ctx, args[2], net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(args[0])}}, pause)
}

func visitAgain(ctx context.Context, url string, dialer net.Dialer, pause time.Duration) error {
	transport := &http.Transport{DisableKeepAlives: true, DialContext: dialer.DialContext}
	client := http.Client{Transport: transport, Timeout: visitLimit}
	for n := 1; ; n++ {
		if err := visitOnce(ctx, &client, url); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("visit %d: %w", n, err)
		}
		fmt.Println(n)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
	}
}

func visitOnce(ctx context.Context, client *http.Client, url string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return errors.New(response.Status)
	}
	_, err = io.Copy(io.Discard, response.Body)
	return err
}
