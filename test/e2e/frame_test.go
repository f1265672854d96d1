package e2e

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"unsafe"
)

// What Go's syscall package does not have, of linux/if_packet.h.
const (
	packetAuxdata   = 8
	packetIgnore    = 23 // PACKET_IGNORE_OUTGOING
	statusVLANValid = 1 << 4
	statusVLANTPID  = 1 << 6
	frameMax        = 1 << 16
)

// auxdata is struct tpacket_auxdata.
type auxdata struct {
	Status, Length, Captured uint32
	MAC, Net, VLAN, TPID     uint16
}

// packetSocket opens a raw socket on a device.
func packetSocket(dev string) (fd int, err error) {
	device, err := net.InterfaceByName(dev)
	if err != nil {
		return 0, err
	}
	all := int(binary.BigEndian.Uint16(binary.NativeEndian.AppendUint16(nil, syscall.ETH_P_ALL)))
	if fd, err = syscall.Socket(syscall.AF_PACKET, syscall.SOCK_RAW, all); err != nil {
		return 0, err
	}
	address := syscall.SockaddrLinklayer{Protocol: uint16(all), Ifindex: device.Index}
	return fd, syscall.Bind(fd, &address)
}

// sendFrames is the role of a sender of raw frames: send DEVICE FILE, a frame in hexadecimal a line.
func sendFrames(_ context.Context, args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("a device and a file are wanted, not %q", args)
	}
	fd, err := packetSocket(args[0])
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	file, err := os.Open(args[1])
	if err != nil {
		return err
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		frame, err := hex.DecodeString(lines.Text())
		if err != nil {
			return err
		}
		if _, err := syscall.Write(fd, frame); err != nil {
			return fmt.Errorf("send %d bytes: %w", len(frame), err)
		}
	}
	return nil
}

// listenFrames is the role of somebody who writes down what arrives, in hexadecimal, with all its
// tags, until SIGTERM: listen DEVICE.
func listenFrames(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("a device is wanted, not %q", args)
	}
	fd, err := packetSocket(args[0])
	if err != nil {
		return err
	}
	err = errors.Join(
		syscall.SetsockoptInt(fd, syscall.SOL_PACKET, packetAuxdata, 1),
		syscall.SetsockoptInt(fd, syscall.SOL_PACKET, packetIgnore, 1),
		syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_RCVBUFFORCE, 16<<20),
		syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &syscall.Timeval{Usec: 100_000}))
	if err != nil {
		return err
	}
	fmt.Println("listening")
	buffer, control := make([]byte, frameMax), make([]byte, 256)
	for ctx.Err() == nil {
		n, controls, _, _, err := syscall.Recvmsg(fd, buffer, control, 0)
		if errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil {
			return err
		}
		frame, err := withTag(buffer[:n], control[:controls])
		if err != nil {
			return err
		}
		fmt.Println(hex.EncodeToString(frame))
	}
	return nil
}

// withTag puts the tag back that the kernel has taken off.
func withTag(frame, control []byte) ([]byte, error) {
	messages, err := syscall.ParseSocketControlMessage(control)
	if err != nil || len(frame) < 14 {
		return frame, err
	}
	for _, m := range messages {
		if m.Header.Level != syscall.SOL_PACKET || len(m.Data) < int(unsafe.Sizeof(auxdata{})) {
			continue
		}
		aux := *(*auxdata)(unsafe.Pointer(unsafe.SliceData(m.Data)))
		if aux.Status&statusVLANValid == 0 {
			continue
		}
		tpid := uint16(syscall.ETH_P_8021Q)
		if aux.Status&statusVLANTPID != 0 {
			tpid = aux.TPID
		}
		tagged := append([]byte{}, frame[:12]...)
		tagged = binary.BigEndian.AppendUint16(tagged, tpid)
		tagged = binary.BigEndian.AppendUint16(tagged, aux.VLAN)
		return append(tagged, frame[12:]...), nil
	}
	return frame, nil
}
