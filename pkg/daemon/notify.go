package daemon

import (
	"fmt"
	"net"
)

// notify tells the service manager that listens at the socket (NOTIFY_SOCKET) about the daemon's
// state, such as "READY=1". Without a socket it does nothing.
func notify(socket, state string) error {
	if socket == "" {
		return nil
	}
	connection, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		return fmt.Errorf("notify the service manager at %s: %w", socket, err)
	}
	defer connection.Close()
	if _, err := connection.Write([]byte(state)); err != nil {
		return fmt.Errorf("notify the service manager at %s: %w", socket, err)
	}
	return nil
}
