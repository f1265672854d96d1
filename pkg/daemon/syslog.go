package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// Bounds of sending to syslog.
const (
	syslogQueue   = 1024 // messages that wait
	syslogTimeout = 250 * time.Millisecond
	syslogRetry   = time.Second // between two tries to reach it
	syslogFlush   = time.Second // that a daemon that stops spends on what waits
	udpScheme     = "udp://"
)

// syslogSender sends records as datagrams from a goroutine of its own. Nothing waits for it: what does
// not fit its queue, or cannot be sent, is counted and gone.
type syslogSender struct {
	network, address string
	header           syslogHeader
	log              *slog.Logger
	queue            chan []byte

	conn          net.Conn  // nil: not reached
	tried         time.Time // last
	failed        bool
	sent, dropped atomic.Uint64
}

// parseSyslog reads where --syslog points: the path of a datagram socket, or udp://HOST:PORT.
func parseSyslog(target string) (network, address string, err error) {
	address, isUDP := strings.CutPrefix(target, udpScheme)
	if !isUDP {
		if !strings.HasPrefix(target, "/") {
			return "", "", fmt.Errorf("read --syslog %q: neither the absolute path of a socket nor udp://HOST:PORT",
				target)
		}
		return "unixgram", target, nil
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", "", fmt.Errorf("read --syslog %q: %w", target, err)
	}
	if number, err := strconv.ParseUint(port, 10, 16); err != nil || number == 0 || host == "" {
		return "", "", fmt.Errorf("read --syslog %q: needs a host and a port from 1 to 65535", target)
	}
	return "udp", address, nil
}

// newSyslogSender makes a sender; nil when there is no target.
func newSyslogSender(target, hostname string, log *slog.Logger) (*syslogSender, error) {
	if target == "" {
		return nil, nil
	}
	network, address, err := parseSyslog(target)
	if err != nil {
		return nil, err
	}
	if hostname == "" {
		hostname, _ = os.Hostname() // without one the nil value is sent
	}
	return &syslogSender{
		network: network, address: address, log: log, queue: make(chan []byte, syslogQueue),
		header: syslogHeader{hostname: hostname, process: os.Getpid()},
	}, nil
}

// send queues a record, and never waits.
func (s *syslogSender) send(r record) {
	select {
	case s.queue <- s.header.format(r):
	default:
		s.dropped.Add(1)
	}
}

// end says that nothing will be sent any more.
func (s *syslogSender) end() { close(s.queue) }

// run sends what is queued until end; once the context has ended, for a while only.
func (s *syslogSender) run(ctx context.Context) {
	defer s.disconnect()
	var stop time.Time
	for message := range s.queue {
		if stop.IsZero() && ctx.Err() != nil {
			stop = time.Now().Add(syslogFlush)
		}
		if !stop.IsZero() && time.Now().After(stop) {
			s.dropped.Add(1)
			continue
		}
		s.deliver(message)
	}
}

// deliver sends one message. A connection that had come to be stale, as after a restart of the syslog
// daemon, is made anew once.
func (s *syslogSender) deliver(message []byte) {
	wasConnected := s.conn != nil
	err := s.write(message)
	if err != nil && wasConnected && !errors.Is(err, os.ErrDeadlineExceeded) {
		err = s.write(message)
	}
	if err != nil {
		s.dropped.Add(1)
		if !s.failed {
			s.log.Warn("syslog is not reached: records are dropped", "address", s.address, "error", err)
		}
		s.failed = true
		return
	}
	s.sent.Add(1)
	if s.failed {
		s.log.Info("syslog is reached again", "address", s.address, "dropped_total", s.dropped.Load())
	}
	s.failed = false
}

func (s *syslogSender) write(message []byte) error {
	if err := s.connect(); err != nil {
		return err
	}
	if err := s.conn.SetWriteDeadline(time.Now().Add(syslogTimeout)); err != nil {
		return err
	}
	_, err := s.conn.Write(message)
	if err != nil {
		s.disconnect()
	}
	return err
}

// errNotYet says that the last try to reach syslog is too short ago.
var errNotYet = errors.New("not tried again yet")

// connect makes a connection if there is none.
func (s *syslogSender) connect() error {
	if s.conn != nil {
		return nil
	}
	if s.failed && time.Since(s.tried) < syslogRetry {
		return errNotYet
	}
	s.tried = time.Now()
	conn, err := net.DialTimeout(s.network, s.address, syslogTimeout)
	if err != nil {
		return err
	}
	s.conn = conn
	return nil
}

func (s *syslogSender) disconnect() {
	if s.conn != nil {
		s.conn.Close()
		s.conn = nil
	}
}
