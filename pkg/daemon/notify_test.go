package daemon

import (
	"net"
	"path/filepath"
	"strings"
	"testing"
)

func TestNotifySendsTheState(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	listener, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if err := notify(path, "READY=1"); err != nil {
		t.Fatal(err)
	}
	buffer := make([]byte, 64)
	n, err := listener.Read(buffer)
	if got := string(buffer[:n]); err != nil || got != "READY=1" {
		t.Errorf("got %q, error %v", got, err)
	}
}

func TestNotifyWithoutASocketDoesNothing(t *testing.T) {
	if err := notify("", "READY=1"); err != nil {
		t.Error(err)
	}
}

func TestNotifyNamesTheSocketThatFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	err := notify(path, "READY=1")
	if err == nil || !strings.HasPrefix(err.Error(), "notify the service manager at "+path+": ") {
		t.Errorf("error %v", err)
	}
}
