package e2e

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"unsafe"
)

// What Go's syscall package does not have, of linux/tcp.h, and where fields of struct tcp_info are.
const (
	tcpMaxSegment = 2 // TCP_MAXSEG

	infoTimestamps = 1 << 0 // TCPI_OPT_*
	infoSACK       = 1 << 1
	infoWscale     = 1 << 2
	infoECN        = 1 << 3

	infoOptionsAt = 5
	infoWscalesAt = 6 // the lower half is the peer's
	infoSendMSSAt = 16
	infoPathMTUAt = 60
	infoAdvMSSAt  = 84
	infoLength    = 88
)

// Agreed is what an end's kernel says that it has agreed to with the other.
type Agreed struct {
	Timestamps, SACK, Wscale, ECN bool
	TheirShift, OurShift          uint8  // window scales; 0 without
	SendMSS                       uint32 // what fits into a segment that it sends
	AdvMSS                        uint32 // what it said that it takes
}

func (a Agreed) String() string {
	var all []string
	for _, option := range []struct {
		name string
		is   bool
	}{{"timestamps", a.Timestamps}, {"sack", a.SACK}, {"wscale", a.Wscale}, {"ecn", a.ECN}} {
		if option.is {
			all = append(all, option.name)
		}
	}
	return fmt.Sprintf("[%s] shifts ours %d theirs %d, mss sent %d advertised %d", strings.Join(all, " "),
		a.OurShift, a.TheirShift, a.SendMSS, a.AdvMSS)
}

// agreedOn asks a connection's kernel.
func agreedOn(conn net.Conn) (a Agreed, err error) {
	raw, err := conn.(syscall.Conn).SyscallConn()
	if err != nil {
		return a, err
	}
	return a, onSocket(raw, func(fd int) error {
		var info [infoLength]byte
		length := uint32(len(info))
		_, _, errno := syscall.Syscall6(syscall.SYS_GETSOCKOPT, uintptr(fd), syscall.IPPROTO_TCP, syscall.TCP_INFO,
			uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&length)), 0)
		if errno != 0 || length < infoLength {
			return fmt.Errorf("TCP_INFO: %d bytes, %w", length, errno)
		}
		options := info[infoOptionsAt]
		a = Agreed{
			Timestamps: options&infoTimestamps != 0, SACK: options&infoSACK != 0,
			Wscale: options&infoWscale != 0, ECN: options&infoECN != 0,
			TheirShift: info[infoWscalesAt] & 15, OurShift: info[infoWscalesAt] >> 4,
			SendMSS: binary.NativeEndian.Uint32(info[infoSendMSSAt:]),
			AdvMSS:  binary.NativeEndian.Uint32(info[infoAdvMSSAt:]),
		}
		return nil
	})
}

func onSocket(c syscall.RawConn, do func(fd int) error) error {
	var err error
	controlErr := c.Control(func(fd uintptr) { err = do(int(fd)) })
	return errors.Join(controlErr, err)
}
