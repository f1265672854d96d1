package e2e

import (
	"net"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/leodido/go-syslog/v4/rfc5424"

	"synscreen/test/lab"
)

const (
	shortFlood   = 12 * time.Second // long enough to tell what it looks like
	eventsWithin = 60 * time.Second
)

// listenSyslog opens a socket that a daemon of the lab can send to.
func listenSyslog(t testing.TB, w *lab.WireLab) (conn *net.UnixConn, path string) {
	t.Helper()
	path = filepath.Join(w.Dir(), "syslog")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetReadDeadline(time.Now().Add(eventsWithin)); err != nil {
		t.Fatal(err)
	}
	return conn, path
}

// waitEvent reads messages until one is as wanted, and gives its parameters.
func waitEvent(t testing.TB, conn *net.UnixConn, text string) map[string]string {
	t.Helper()
	buffer := make([]byte, 4096)
	for {
		n, err := conn.Read(buffer)
		if err != nil {
			t.Fatalf("wait for %q: %v", text, err)
		}
		parsed, err := rfc5424.NewParser().Parse(buffer[:n])
		if err != nil {
			t.Fatalf("parse %q: %v", buffer[:n], err)
		}
		message := parsed.(*rfc5424.SyslogMessage)
		if message.Message != nil && *message.Message == text {
			return (*message.StructuredData)["synscreen@32473"]
		}
	}
}

func TestASpoofedFloodIsToldToSyslogFromItsBeginningToItsEnd(t *testing.T) {
	t.Parallel()
	w := lab.WireForTest(t, lab.WireOptions{})
	startContent(t, w) // a closed port would answer for itself
	conn, path := listenSyslog(t, w)
	startDaemon(t, w, configuration{}, noLearning, "--syslog", path)
	_, err := w.StartFlood(lab.FloodOptions{Ports: strconv.Itoa(contentPort), Rate: lightRate,
		Seconds: int(shortFlood.Seconds())})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"attack-name": "TCP SYN flood", "destination-address": lab.ServerAddr4,
		"destination-port": strconv.Itoa(contentPort), "protocol-id": "6", "source-zone-name": "untrust"}
	for _, text := range []string{"SYN flood began", "SYN flood alarm", "SYN flood ended"} {
		got := waitEvent(t, conn, text)
		for name, value := range want {
			if got[name] != value {
				t.Errorf("%s: %s is %q, want %q", text, name, got[name], value)
			}
		}
		if text == "SYN flood ended" {
			wantEnd(t, got)
		} else if got["interface-name"] != lab.OuterDev || got["source-address"] == "" || got["action"] != "drop" {
			t.Errorf("%s: %v", text, got)
		}
	}
}

// wantEnd checks what is told of a spoofed flood at its end.
func wantEnd(t testing.TB, got map[string]string) {
	t.Helper()
	seconds, err := strconv.ParseFloat(got["elapsed-time"], 64)
	if err != nil || seconds < shortFlood.Seconds()/2 || seconds > eventsWithin.Seconds() {
		t.Errorf("lasted %q s", got["elapsed-time"])
	}
	syns, err := strconv.ParseUint(got["syn-count"], 10, 64)
	if least := uint64(lightRate * shortFlood.Seconds() / 2); err != nil || syns < least {
		t.Errorf("%q SYNs, want %d at least", got["syn-count"], least)
	}
	if got["looks"] != "spoofed" {
		t.Errorf("looks %q", got["looks"])
	}
}
