package e2e

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
)

// Which TCP options Linux offers and accepts is a matter of its network namespace; who talks in one
// namespace, one connection at a time, may switch them for each.

// options that Linux can do without.
const (
	optionMSS        = "mss"
	optionWscale     = "wscale"
	optionSACK       = "sack"
	optionTimestamps = "timestamps"
)

// offer is what a client's SYN offers; the zero value is what its namespace does.
type offer struct {
	Set     bool     `json:",omitempty"` // switch the namespace first
	Without []string `json:",omitempty"` // of the four
	ECN     bool     `json:",omitempty"`
	MSS     int      `json:",omitempty"` // 0: what the device has
	Buffer  int      `json:",omitempty"` // for receiving, which makes the window scale; 0: the kernel's choice
}

// String is what a row of a matrix is called by.
func (o offer) String() string {
	text := "[" + strings.Join(with(o.Without), " ") + "]"
	if o.ECN {
		text += " ECN"
	}
	if o.MSS != 0 {
		text += fmt.Sprintf(" MSS %d", o.MSS)
	}
	return text
}

// with is what is left of the four options.
func with(without []string) (all []string) {
	for _, option := range []string{optionMSS, optionWscale, optionSACK, optionTimestamps} {
		if !slices.Contains(without, option) {
			all = append(all, option)
		}
	}
	return all
}

// stripMark on a SYN has its MSS option taken out, by stripMSS: no sysctl does that.
const stripMark = 1

// prepare switches the client's namespace.
func (o offer) prepare() error {
	if !o.Set {
		return nil
	}
	ecn := "2" // accepted, not offered
	if o.ECN {
		ecn = "1"
	}
	return switchOptions(o.Without, ecn)
}

// setOptions prepares the client's socket.
func (o offer) setOptions(c syscall.RawConn) error {
	return errors.Join(setBuffer(c, o.Buffer), onSocket(c, func(fd int) error {
		var mark, segment error
		if slices.Contains(o.Without, optionMSS) {
			mark = syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_MARK, stripMark)
		}
		if o.MSS != 0 {
			segment = syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, tcpMaxSegment, o.MSS)
		}
		return errors.Join(mark, segment)
	}))
}

// stance is what a server accepts.
type stance struct {
	Without []string `json:",omitempty"`
	NoECN   bool     `json:",omitempty"`
	Buffer  int      `json:",omitempty"` // of the listening socket; 0: leave it
}

// take switches the server's namespace, and its listener.
func (s *stance) take(l net.Listener) error {
	if s == nil {
		return nil
	}
	ecn := "2"
	if s.NoECN {
		ecn = "0"
	}
	raw, err := l.(syscall.Conn).SyscallConn()
	if err != nil {
		return err
	}
	return errors.Join(switchOptions(s.Without, ecn), setBuffer(raw, s.Buffer))
}

func switchOptions(without []string, ecn string) error {
	values := map[string]string{"tcp_ecn": ecn}
	for option, file := range map[string]string{optionWscale: "tcp_window_scaling", optionSACK: "tcp_sack",
		optionTimestamps: "tcp_timestamps"} {
		values[file] = "1"
		if slices.Contains(without, option) {
			values[file] = "0"
		}
	}
	for file, value := range values {
		if err := os.WriteFile("/proc/sys/net/ipv4/"+file, []byte(value), 0); err != nil {
			return err
		}
	}
	return nil
}

func setBuffer(c syscall.RawConn, bytes int) error {
	if bytes == 0 {
		return nil
	}
	return onSocket(c, func(fd int) error {
		return syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_RCVBUFFORCE, bytes)
	})
}
