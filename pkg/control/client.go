package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"syscall"
	"time"

	"synscreen/pkg/dataplane"
)

// requestTimeout bounds a request as a whole; it is longer than what the server allows itself.
const requestTimeout = writeTimeout + 10*time.Second

// lookTimeout bounds a request that only looks: a daemon that takes longer stands still.
const lookTimeout = 15 * time.Second

// Client speaks to the daemon that serves one socket.
type Client struct {
	socket string
	http   *http.Client
}

// NewClient makes a client. It connects when it is first used.
func NewClient(socket string) *Client {
	dialer := net.Dialer{Timeout: dialTimeout}
	return &Client{socket: socket, http: &http.Client{
		Timeout: requestTimeout,
		Transport: &http.Transport{
			DisableKeepAlives: true,
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return dialer.DialContext(ctx, "unix", socket)
			},
		},
	}}
}

// Commit sends a configuration to be run.
func (c *Client) Commit(ctx context.Context, request CommitRequest) (CommitResult, error) {
	return post[CommitResult](ctx, c, "/v1/commit", request)
}

// Check asks what a commit would do.
func (c *Client) Check(ctx context.Context, request CommitRequest) (CheckResult, error) {
	return post[CheckResult](ctx, c, "/v1/check", request)
}

// Confirm confirms the commit that waits for it.
func (c *Client) Confirm(ctx context.Context) (ConfirmResult, error) {
	return post[ConfirmResult](ctx, c, "/v1/confirm", struct{}{})
}

// Rollback asks for a kept configuration to be run.
func (c *Client) Rollback(ctx context.Context, request RollbackRequest) (CommitResult, error) {
	return post[CommitResult](ctx, c, "/v1/rollback", request)
}

// Compare asks how a configuration and the running one differ.
func (c *Client) Compare(ctx context.Context, request CompareRequest) (Comparison, error) {
	return post[Comparison](ctx, c, "/v1/compare", request)
}

// Commits asks what is kept.
func (c *Client) Commits(ctx context.Context) (CommitList, error) {
	return ask[CommitList](ctx, c, http.MethodGet, "/v1/commits", nil)
}

// Configuration asks for a kept configuration, or for the running one.
func (c *Client) Configuration(ctx context.Context, number *int) (Configuration, error) {
	path := "/v1/configuration"
	if number != nil {
		path += "?number=" + strconv.Itoa(*number)
	}
	return ask[Configuration](ctx, c, http.MethodGet, path, nil)
}

// ChangeKey asks for a step on the way of a master key.
func (c *Client) ChangeKey(ctx context.Context, change dataplane.KeyChange) (KeyReport, error) {
	return post[KeyReport](ctx, c, "/v1/key", change)
}

// Capabilities asks what is proved.
func (c *Client) Capabilities(ctx context.Context) (CapabilityReport, error) {
	return ask[CapabilityReport](ctx, c, http.MethodGet, "/v1/capabilities", nil)
}

// Status asks for every counter.
func (c *Client) Status(ctx context.Context) (dataplane.Status, error) {
	return ask[dataplane.Status](ctx, c, http.MethodGet, "/v1/status", nil)
}

// Floods asks what floods.
func (c *Client) Floods(ctx context.Context) (FloodReport, error) {
	return ask[FloodReport](ctx, c, http.MethodGet, "/v1/floods", nil)
}

// IDSOptions asks for a profile as it runs, or for all without a name.
func (c *Client) IDSOptions(ctx context.Context, name string) ([]IDSOption, error) {
	return ask[[]IDSOption](ctx, c, http.MethodGet, "/v1/ids-options?"+url.Values{"name": {name}}.Encode(), nil)
}

// Clear asks to set statistics to zero.
func (c *Client) Clear(ctx context.Context, request ClearRequest) (ClearResult, error) {
	return post[ClearResult](ctx, c, "/v1/clear", request)
}

func post[T any](ctx context.Context, c *Client, path string, request any) (T, error) {
	body, err := json.Marshal(request)
	if err != nil {
		return *new(T), fmt.Errorf("ask the daemon: %w", err)
	}
	return ask[T](ctx, c, http.MethodPost, path, bytes.NewReader(body))
}

func ask[T any](ctx context.Context, c *Client, method, path string, body io.Reader) (T, error) {
	var value T
	err := c.do(ctx, method, path, body, &value)
	return value, err
}

func (c *Client) do(ctx context.Context, method, path string, body io.Reader, into any) error {
	if method == http.MethodGet {
		limited, cancel := context.WithTimeout(ctx, lookTimeout)
		defer cancel()
		ctx = limited
	}
	request, err := http.NewRequestWithContext(ctx, method, "http://synscreen"+path, body)
	if err != nil {
		return fmt.Errorf("ask the daemon: %w", err)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return c.explain(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, responseBytesMax))
	if err != nil {
		return fmt.Errorf("read the daemon's answer: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return refusal(response.Status, text)
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("read the daemon's answer: %w; are daemon and command of one version?", err)
	}
	return nil
}

// refusal reads the error out of an answer that is none.
func refusal(status string, text []byte) error {
	var body failure
	if err := json.Unmarshal(text, &body); err != nil || body.Error == "" {
		return fmt.Errorf("the daemon answers %q; are daemon and command of one version?", status)
	}
	return errors.New(body.Error)
}

// NoDaemonError says that nobody answers at a socket.
type NoDaemonError struct{ Socket string }

// Error says what to do about it.
func (e *NoDaemonError) Error() string {
	return fmt.Sprintf("no daemon answers at %s; start one with `synscreen run --config FILE`, "+
		"or name its socket with --control-socket", e.Socket)
}

// explain says what to do about a daemon that cannot be reached.
func (c *Client) explain(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return &NoDaemonError{Socket: c.socket}
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("the daemon's socket %s may not be opened by this user; run as root", c.socket)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("the daemon at %s does not answer; is it stopped, or in the middle of a commit? "+
			"Try again, or look at its log", c.socket)
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	return fmt.Errorf("ask the daemon at %s: %w", c.socket, err)
}
