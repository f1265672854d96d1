package daemon

import (
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"synscreen/pkg/dataplane/userspace"
)

// notifyPatience is how long a message to the service manager may wait for room.
const notifyPatience = time.Second

// keepAlivesPerLimit is how often the service manager hears from the daemon within its limit: some may
// come late.
const keepAlivesPerLimit = 4

// service is the service manager that started the daemon, by the protocol of sd_notify(3). Without one
// nothing is told.
type service struct {
	socket   string        // empty: none
	watchdog time.Duration // it ends a daemon that is silent for so long; 0: never
	log      *slog.Logger
}

// newService reads what a service manager left in the environment.
func newService(environment func(string) string, pid int, log *slog.Logger) service {
	s := service{socket: environment("NOTIFY_SOCKET"), log: log}
	limit, err := strconv.ParseInt(environment("WATCHDOG_USEC"), 10, 64)
	of := environment("WATCHDOG_PID")
	if err == nil && limit > 0 && s.socket != "" && (of == "" || of == strconv.Itoa(pid)) {
		s.watchdog = time.Duration(limit) * time.Microsecond
	}
	return s
}

// keepAlives ticks when the service manager wants to hear that the daemon lives; never, if it does not.
func (s service) keepAlives() *time.Ticker {
	if s.watchdog == 0 {
		never := time.NewTicker(time.Hour)
		never.Stop()
		return never
	}
	return time.NewTicker(max(s.watchdog/keepAlivesPerLimit, time.Millisecond))
}

// tell sends a state of a line or more.
func (s service) tell(state ...string) {
	if err := notify(s.socket, strings.Join(state, "\n")); err != nil {
		s.log.Warn("service manager not notified", "state", state, "error", err)
	}
}

// ready tells that the daemon serves, and what.
func (s service) ready(running userspace.Running) {
	s.tell("READY=1", serviceStatus(running))
}

// reloading tells that the configuration is changing, until ready: since when is for systemd 253 on.
func (s service) reloading() {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		s.log.Warn("service manager not told of a reload", "error", err)
		return
	}
	s.tell("RELOADING=1", "MONOTONIC_USEC="+strconv.FormatInt(now.Nano()/1000, 10))
}

// serviceStatus is the line that `systemctl status` shows.
func serviceStatus(running userspace.Running) string {
	if running.Generation == 0 {
		return "STATUS=No configuration is running; see synscreen show capabilities"
	}
	return fmt.Sprintf("STATUS=Running generation %d, mode %s", running.Generation, running.Mode)
}

// notify sends a state to the socket of a service manager. Without a socket it does nothing.
func notify(socket, state string) error {
	if socket == "" {
		return nil
	}
	connection, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		return fmt.Errorf("notify the service manager at %s: %w", socket, err)
	}
	defer connection.Close()
	if err := connection.SetWriteDeadline(time.Now().Add(notifyPatience)); err != nil {
		return fmt.Errorf("notify the service manager at %s: %w", socket, err)
	}
	if _, err := connection.Write([]byte(state)); err != nil {
		return fmt.Errorf("notify the service manager at %s: %w", socket, err)
	}
	return nil
}
