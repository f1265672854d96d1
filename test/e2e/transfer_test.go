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
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"synscreen/test/lab"
)

const (
	contentPort = 8080
	mega        = 1 << 20
)

var families = []int{4, 6}

func curl(args ...string) []string {
	return append([]string{"curl", "-sS", "--fail", "--noproxy", "*"}, args...)
}

func bytesURL(family int, size int64) string {
	return lab.URL(family, contentPort, fmt.Sprintf("/bytes/%d", size))
}

// startContent starts the content server.
func startContent(t testing.TB, w *lab.WireLab) {
	t.Helper()
	if _, err := w.Server.StartContent(t.Context(), contentPort); err != nil {
		t.Fatal(err)
	}
}

func startNginx(t testing.TB, w *lab.WireLab) {
	t.Helper()
	if _, err := w.Server.StartNginx(t.Context(), lab.NginxOptions{Backlog: 1024}); err != nil {
		t.Fatal(err)
	}
}

// fetch gets size bytes over a connection of its own and compares their sum.
func fetch(ctx context.Context, w *lab.WireLab, family int, size int64) error {
	script := strings.Join(curl("-m", "20", "'"+bytesURL(family, size)+"'"), " ")
	script = "set -f; set -o pipefail; " + strings.Replace(script, " * ", " '*' ", 1) + " | sha256sum"
	out, err := w.Client.Run(ctx, "bash", "-c", script)
	if err != nil {
		return err
	}
	if want := lab.ContentSum(size); !strings.HasPrefix(out, want+" ") {
		return fmt.Errorf("IPv%d: %d bytes down: sum %q, want %s", family, size, out, want)
	}
	return nil
}

// upload puts size bytes over a connection of its own and compares the sum that the server made.
func upload(ctx context.Context, w *lab.WireLab, family int, size int64) error {
	path := filepath.Join(w.Dir(), fmt.Sprintf("upload-%d", size))
	if err := writeContent(path, size); err != nil {
		return err
	}
	out, err := w.Client.Run(ctx, curl("-m", "20", "-T", path, lab.URL(family, contentPort, "/sum"))...)
	if err != nil {
		return err
	}
	if want := lab.ContentSum(size); strings.TrimSpace(out) != want {
		return fmt.Errorf("IPv%d: %d bytes up: sum %q, want %s", family, size, out, want)
	}
	return nil
}

func writeContent(path string, size int64) error {
	if info, err := os.Stat(path); err == nil && info.Size() == size {
		return nil
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	if _, err := io.Copy(file, lab.Content(size)); err != nil {
		file.Close()
		return err
	}
	return file.Close()
}

// A download is slow while a test works, for longer than any test does, and fast afterwards.
const (
	dripSize = 256 * mega
	dripRate = 8 * mega // bytes per second
)

// drip is the role of a client that downloads at a rate, with so small a receive window that the wire
// carries no faster than that, and as fast as it can after SIGUSR1: drip URL FILE BYTES-PER-SECOND.
func drip(ctx context.Context, args []string) error {
	if len(args) != 3 {
		return fmt.Errorf("a URL, a file and a rate are wanted, not %q", args)
	}
	rate, err := strconv.ParseInt(args[2], 10, 64)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, args[0], nil)
	if err != nil {
		return err
	}
	dialer := net.Dialer{Control: narrowWindow}
	client := http.Client{Transport: &http.Transport{DialContext: dialer.DialContext, ReadBufferSize: 4096}}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	file, err := os.Create(args[1])
	if err != nil {
		return err
	}
	defer file.Close()
	const perSecond = 50
	hurry := make(chan os.Signal, 1)
	signal.Notify(hurry, syscall.SIGUSR1)
	for ticks := time.NewTicker(time.Second / perSecond); ; {
		select {
		case <-hurry:
			_, err := io.Copy(file, response.Body)
			return err
		case <-ticks.C:
		}
		if _, err := io.CopyN(file, response.Body, rate/perSecond); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func narrowWindow(_, _ string, c syscall.RawConn) error {
	var err error
	controlErr := c.Control(func(fd uintptr) {
		err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 64<<10)
	})
	return errors.Join(controlErr, err)
}

// download is a drip that goes on while a test does something to the wire.
type download struct {
	*lab.Process
	file string
	size int64
}

// startDownload starts a download over IPv4 and waits until bytes arrive.
func startDownload(t testing.TB, w *lab.WireLab) *download {
	t.Helper()
	return startDownloadOf(t, w, 4, dripSize, dripRate)
}

// startDownloadOf is the same over a family, of a size and at a rate.
func startDownloadOf(t testing.TB, w *lab.WireLab, family int, size int64, rate int) *download {
	t.Helper()
	file, err := os.CreateTemp(w.Dir(), "download-")
	if err != nil {
		t.Fatal(err)
	}
	file.Close()
	d := &download{file: file.Name(), size: size}
	d.Process, err = w.Client.StartRole("drip", bytesURL(family, size), d.file, strconv.Itoa(rate))
	if err != nil {
		t.Fatal(err)
	}
	d.waitMore(t, 256<<10)
	return d
}

func (d *download) bytes() int64 {
	info, err := os.Stat(d.file)
	if err != nil {
		return 0
	}
	return info.Size()
}

// waitMore waits until that many more bytes have arrived, or the rest.
func (d *download) waitMore(t testing.TB, more int64) {
	t.Helper()
	from := d.bytes()
	err := lab.WaitFor(t.Context(), "the download's progress", startLimit, func() (bool, error) {
		return d.bytes() >= min(from+more, d.size), nil
	})
	if err != nil {
		t.Fatalf("%v: at byte %d of %d: %s", err, d.bytes(), d.size, d.Output())
	}
}

// wantComplete asserts that the download has gone on until now, lets it hurry, and compares its sum.
func (d *download) wantComplete(t testing.TB) {
	t.Helper()
	select {
	case <-d.Done():
		t.Error("the download ended before the test had done its work")
	default:
	}
	if err := d.Signal(syscall.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := d.Wait(ctx); err != nil {
		t.Fatalf("at byte %d of %d: %v", d.bytes(), d.size, err)
	}
	wantSum(t, d.file, d.size)
}

func wantSum(t testing.TB, path string, size int64) {
	t.Helper()
	got, err := fileSum(path)
	if err != nil {
		t.Fatal(err)
	}
	if want := lab.ContentSum(size); got != want {
		t.Errorf("sum %s, want %s", got, want)
	}
}
