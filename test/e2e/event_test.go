package e2e

import (
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	syslog "github.com/leodido/go-syslog/v4"
	"github.com/leodido/go-syslog/v4/rfc5424"

	"synscreen/test/lab"
)

const (
	shortFlood   = 12 * time.Second // long enough to tell what it looks like
	eventsWithin = 60 * time.Second
)

// event is one message that a daemon sent to syslog.
type event struct {
	text   string
	time   time.Time
	fields map[string]string
}

// events are those that came and that nobody has asked for.
type events struct {
	mu   sync.Mutex
	all  []event
	fail error
}

// listenEvents opens a socket that a daemon of the lab can send syslog to, and reads it until the test ends:
// a sender whose messages nobody takes drops them.
func listenEvents(t testing.TB, w *lab.WireLab) (e *events, path string) {
	t.Helper()
	path = filepath.Join(w.Dir(), "syslog")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	e = &events{}
	var done sync.WaitGroup
	done.Go(func() { e.read(conn) })
	t.Cleanup(func() {
		conn.Close()
		done.Wait()
	})
	return e, path
}

// read takes messages until the socket is closed.
func (e *events) read(conn *net.UnixConn) {
	buffer := make([]byte, 4096)
	for {
		n, err := conn.Read(buffer)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		var parsed syslog.Message
		if err == nil {
			parsed, err = rfc5424.NewParser().Parse(buffer[:n])
		}
		e.mu.Lock()
		if err != nil {
			e.fail = fmt.Errorf("syslog: %q: %w", buffer[:n], err)
		} else if m := parsed.(*rfc5424.SyslogMessage); m.Message != nil {
			e.all = append(e.all, event{*m.Message, *m.Timestamp, (*m.StructuredData)["synscreen@32473"]})
		}
		e.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// take gives the first event with a text and a destination (empty: any), if it has come.
func (e *events) take(text, destination string) (found event, ok bool, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for i, one := range e.all {
		if one.text == text && (destination == "" || one.fields["destination-address"] == destination) {
			e.all = slices.Delete(e.all, i, i+1)
			return one, true, nil
		}
	}
	return event{}, false, e.fail
}

// wait waits for such an event.
func (e *events) wait(t testing.TB, text, destination string) (found event) {
	t.Helper()
	err := lab.WaitFor(t.Context(), fmt.Sprintf("%q about %q", text, destination), eventsWithin, func() (ok bool, err error) {
		found, ok, err = e.take(text, destination)
		return ok, err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestASpoofedFloodIsToldToSyslogFromItsBeginningToItsEnd(t *testing.T) {
	t.Parallel()
	w := lab.WireForTest(t, lab.WireOptions{})
	startContent(t, w) // a closed port would answer for itself
	told, path := listenEvents(t, w)
	startDaemon(t, w, configuration{}, noLearning, "--syslog", path)
	_, err := w.StartFlood(lab.FloodOptions{Ports: strconv.Itoa(contentPort), Rate: lightRate,
		Seconds: int(shortFlood.Seconds())})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"attack-name": "TCP SYN flood", "destination-address": lab.ServerAddr4,
		"destination-port": strconv.Itoa(contentPort), "protocol-id": "6", "source-zone-name": "untrust"}
	for _, text := range []string{"SYN flood began", "SYN flood alarm", "SYN flood ended"} {
		got := told.wait(t, text, "").fields
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
