package e2e

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
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

// download is a transfer that goes on while a test does something to the wire.
type download struct {
	*lab.Process
	file string
	size int64
}

// startDownload starts a rate-limited download over IPv4 and waits until bytes arrive.
func startDownload(t testing.TB, w *lab.WireLab, size, rate int64) *download {
	t.Helper()
	return startDownloadFrom(t, w, size, rate, bytesURL(4, size))
}

func startDownloadFrom(t testing.TB, w *lab.WireLab, size, rate int64, url string) *download {
	t.Helper()
	file, err := os.CreateTemp(w.Dir(), "download-")
	if err != nil {
		t.Fatal(err)
	}
	file.Close()
	d := &download{file: file.Name(), size: size}
	// without a receive window that holds all of it the rate would be the client's alone
	d.Process, err = w.Client.Start(curl("-m", "120", "--no-buffer", "--limit-rate",
		fmt.Sprint(rate), "-o", d.file, url)...)
	if err != nil {
		t.Fatal(err)
	}
	d.waitProgress(t)
	return d
}

func (d *download) bytes() int64 {
	info, err := os.Stat(d.file)
	if err != nil {
		return 0
	}
	return info.Size()
}

// waitProgress waits until some more bytes have arrived: the wire carries.
func (d *download) waitProgress(t testing.TB) {
	t.Helper()
	d.waitMore(t, 256<<10)
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

// wantUnfinished asserts that what was to happen during the download did.
func (d *download) wantUnfinished(t testing.TB) {
	t.Helper()
	select {
	case <-d.Done():
		t.Error("the download ended before the test had done its work: make it longer")
	default:
	}
}

// wantComplete waits for the end and compares the sum.
func (d *download) wantComplete(t testing.TB) {
	t.Helper()
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
