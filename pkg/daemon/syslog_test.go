package daemon

import (
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/leodido/go-syslog/v4/rfc5424"

	"synscreen/pkg/dataplane"
	"synscreen/pkg/dataplane/userspace"
)

const patience = 10 * time.Second

// listenAt opens a datagram socket, which the test's end closes.
func listenAt(t *testing.T, network, address string) net.PacketConn {
	t.Helper()
	conn, err := net.ListenPacket(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// receive waits for one message and parses it.
func receive(t *testing.T, conn net.PacketConn) *rfc5424.SyslogMessage {
	t.Helper()
	buffer := make([]byte, 64<<10)
	if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	n, _, err := conn.ReadFrom(buffer)
	if err != nil {
		t.Fatal(err)
	}
	message, err := rfc5424.NewParser().Parse(buffer[:n])
	if err != nil {
		t.Fatalf("parse %q: %v", buffer[:n], err)
	}
	return message.(*rfc5424.SyslogMessage)
}

// startSender runs a sender; the function that it gives ends it and waits for that.
func startSender(t *testing.T, target, hostname string, log *slog.Logger) (*syslogSender, func()) {
	t.Helper()
	sender, err := newSyslogSender(target, hostname, log)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		sender.run(ctx)
	}()
	return sender, func() {
		stop()
		sender.end()
		<-ended
	}
}

func TestSyslogMessagesCanBeParsedBack(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "log")
	for _, test := range []struct{ network, address string }{
		{"unixgram", socket}, {"udp", "127.0.0.1:0"}, {"udp", "[::1]:0"},
	} {
		t.Run(test.network+test.address, func(t *testing.T) {
			conn := listenAt(t, test.network, test.address)
			target := conn.LocalAddr().String()
			if test.network == "udp" {
				target = "udp://" + target
			}
			sender, end := startSender(t, target, "wire 1", slog.New(slog.DiscardHandler))
			defer end()
			const zone = `a"b]c\d é`
			log := newEventLog(slog.New(slog.DiscardHandler), sender)
			log.tell(altered(alarm(), func(e *dataplane.Event) { e.Zone = zone }))

			got := receive(t, conn)
			want := map[string]map[string]string{"synscreen@32473": {
				"attack-name": "TCP SYN flood", "source-address": "198.18.0.7", "source-port": "40000",
				"destination-address": "203.0.113.10", "destination-port": "443", "protocol-id": "6",
				"source-zone-name": zone, "interface-name": "eth1", "repeat-count": "512", "action": "drop",
			}}
			if diff := cmp.Diff(want, *got.StructuredData); diff != "" {
				t.Errorf("structured data (-want +got):\n%s", diff)
			}
			header := []any{*got.Facility, *got.Severity, got.Version, got.Timestamp.UTC(), *got.Hostname, *got.Appname,
				*got.MsgID, *got.Message}
			if diff := cmp.Diff([]any{uint8(16), uint8(4), uint16(1), noon.Truncate(time.Microsecond), "wire1",
				"synscreen", "RT_SCREEN_TCP", "SYN flood alarm"}, header); diff != "" {
				t.Errorf("header (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEveryRecordIsAMessageOfTheRFC(t *testing.T) {
	header := syslogHeader{hostname: strings.Repeat("h", 300), process: os.Getpid()}
	parser := rfc5424.NewParser()
	var records []record
	for _, screen := range dataplane.Screens() {
		for kind := dataplane.EventAlarm; kind <= dataplane.EventScreen; kind++ {
			records = append(records, newEventRecord(altered(alarm(), func(e *dataplane.Event) {
				e.Screen, e.Kind, e.Zone = screen, kind, strings.Repeat(`"`, 64)
			})))
		}
	}
	records = append(records, newEventRecord(dataplane.Event{Zone: "\xff\x00\n"}),
		record{tag: tagLost, text: "lost", level: slog.LevelError})
	for _, r := range records {
		message := header.format(r)
		if _, err := parser.Parse(message); err != nil {
			t.Errorf("parse %q: %v", message, err)
		}
		// Section 6.1: what every receiver should take.
		if len(message) > 2048 {
			t.Errorf("%d bytes: %q", len(message), message)
		}
	}
}

func TestSyslogThatDoesNotReadStopsNobody(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "log")
	listenAt(t, "unixgram", socket)
	sender, err := newSyslogSender(socket, "h", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	const records = 4 * syslogQueue
	log := newEventLog(slog.New(slog.DiscardHandler), sender)
	for range records { // nobody takes them: a sender that waited would wait for ever
		log.write(newEventRecord(alarm()))
	}
	if got := log.totals().SyslogDropped; got != records-syslogQueue {
		t.Errorf("%d dropped, want %d: what does not fit the queue", got, records-syslogQueue)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	sender.end()
	sender.run(ctx) // comes to its end although the socket fills
	totals := log.totals()
	if totals.SyslogSent+totals.SyslogDropped != records || totals.SyslogSent == 0 {
		t.Errorf("totals %+v, want %d in all and some sent", totals, records)
	}
}

func TestSyslogThatComesBackIsFoundAgain(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "log")
	var log journal
	sender, err := newSyslogSender(socket, "h", log.logger())
	if err != nil {
		t.Fatal(err)
	}
	message := sender.header.format(newEventRecord(alarm()))
	sender.deliver(message)
	sender.deliver(message)
	sender.tried = time.Time{} // long ago
	conn := listenAt(t, "unixgram", socket)
	sender.deliver(message)
	receive(t, conn)
	conn.Close()
	os.Remove(socket)
	conn = listenAt(t, "unixgram", socket) // a restart: the old connection is stale
	sender.deliver(message)
	receive(t, conn)
	sender.disconnect()
	lines := log.take()
	if len(lines) != 2 || !strings.HasPrefix(lines[0], `level=WARN msg="syslog is not reached: records are dropped"`) ||
		!strings.HasPrefix(lines[1], `level=INFO msg="syslog is reached again" address=`+socket+" dropped_total=2") {
		t.Errorf("log %v", lines)
	}
	if sent, dropped := sender.sent.Load(), sender.dropped.Load(); sent != 2 || dropped != 2 {
		t.Errorf("sent %d, dropped %d", sent, dropped)
	}
}

func TestSyslogTargetIsReadOrRefused(t *testing.T) {
	for _, test := range []struct{ target, network, address, err string }{
		{target: "/dev/log", network: "unixgram", address: "/dev/log"},
		{target: "udp://192.0.2.1:514", network: "udp", address: "192.0.2.1:514"},
		{target: "udp://[2001:db8::1]:514", network: "udp", address: "[2001:db8::1]:514"},
		{target: "udp://logs.example:514", network: "udp", address: "logs.example:514"},
		{target: "dev/log", err: `read --syslog "dev/log": neither the absolute path of a socket nor udp://HOST:PORT`},
		{target: "tcp://h:1", err: `read --syslog "tcp://h:1": neither the absolute path of a socket nor udp://HOST:PORT`},
		{target: "udp://h", err: `read --syslog "udp://h": address h: missing port in address`},
		{target: "udp://h:0", err: `read --syslog "udp://h:0": needs a host and a port from 1 to 65535`},
		{target: "udp://:514", err: `read --syslog "udp://:514": needs a host and a port from 1 to 65535`},
		{target: "udp://h:65536", err: `read --syslog "udp://h:65536": needs a host and a port from 1 to 65535`},
	} {
		network, address, err := parseSyslog(test.target)
		var text string
		if err != nil {
			text = err.Error()
		}
		if network != test.network || address != test.address || text != test.err {
			t.Errorf("%s: %q, %q, error %q", test.target, network, address, text)
		}
	}
}

// eventful is an engine that has something to log, once.
type eventful struct {
	*idleEngine
	events chan dataplane.Event
}

func (e *eventful) Events(int) ([]dataplane.Event, uint64, error) {
	select {
	case event := <-e.events:
		return []dataplane.Event{event}, 0, nil
	default:
		return nil, 0, nil
	}
}

func TestDaemonSendsEventsToSyslogUntilItsEnd(t *testing.T) {
	options, idle := newOptions(t, "set system host-name wire7\n"+valid)
	engine := &eventful{idleEngine: idle, events: make(chan dataplane.Event, 1)}
	options.OpenEngine = func(dataplane.EngineOptions) (userspace.Engine, error) { return engine, nil }
	options.Syslog = filepath.Join(t.TempDir(), "log")
	conn := listenAt(t, "unixgram", options.Syslog)
	stop := runDaemon(t, options)
	engine.events <- alarm()
	if got := receive(t, conn); *got.Hostname != "wire7" || *got.MsgID != "RT_SCREEN_TCP" {
		t.Errorf("from %s: %s", *got.Hostname, *got.MsgID)
	}
	engine.events <- altered(alarm(), func(e *dataplane.Event) {
		e.Kind, e.Screen = dataplane.EventScreen, dataplane.ScreenUDPFlood
	})
	if err := stop(); err != nil {
		t.Error(err)
	}
	if got := receive(t, conn); *got.MsgID != "RT_SCREEN_UDP" {
		t.Errorf("at the end: %s", *got.MsgID)
	}
}

func TestDaemonRefusesATargetOfSyslogThatIsNone(t *testing.T) {
	options, _ := newOptions(t, valid)
	options.Syslog = "log"
	err := Run(t.Context(), options)
	if err == nil || !strings.HasPrefix(err.Error(), `read --syslog "log": `) {
		t.Errorf("error %v", err)
	}
}
