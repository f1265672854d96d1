package control

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// DefaultSocket is where daemon and command line meet unless they are told otherwise.
const DefaultSocket = "/run/synscreen/control.sock"

// socketPathMax is what the address of a unix socket has room for.
const socketPathMax = len(syscall.RawSockaddrUnix{}.Path) - 1

// dialTimeout bounds a connection to the socket: the daemon is on this machine.
const dialTimeout = 5 * time.Second

// Listen makes the control socket, for its owner alone. It replaces the socket of a daemon that is
// dead, and refuses to replace one that is alive.
func Listen(path string) (net.Listener, error) {
	if err := clear(path); err != nil {
		return nil, fmt.Errorf("make the control socket %s: %w", path, err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("make the control socket %s: %w", path, err)
	}
	mask := syscall.Umask(0o177)
	listener, err := net.Listen("unix", path)
	syscall.Umask(mask)
	if err != nil {
		return nil, fmt.Errorf("make the control socket: %w", err)
	}
	return listener, nil
}

// clear makes room for a socket.
func clear(path string) error {
	if len(path) > socketPathMax {
		return fmt.Errorf("the path is longer than %d bytes; name a shorter one with --control-socket",
			socketPathMax)
	}
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Mode().Type() != fs.ModeSocket:
		return errors.New("something else is there; remove it or name another with --control-socket")
	}
	connection, err := net.DialTimeout("unix", path, dialTimeout)
	if err == nil {
		connection.Close()
		return errors.New("a running daemon answers there; stop it or name another with --control-socket")
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return err
	}
	return os.Remove(path)
}
