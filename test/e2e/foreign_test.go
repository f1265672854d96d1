package e2e

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"synscreen/test/lab"
)

// Numbers of linux/bpf.h.
const (
	bpfProgLoad   = 5
	bpfLinkCreate = 28
	bpfTypeXDP    = 6
	bpfAttachXDP  = 37
	xdpPass       = 2
)

// programAttributes is the part of union bpf_attr that BPF_PROG_LOAD reads here.
type programAttributes struct {
	kind, instructions uint32
	code, license      uint64
	_, _               uint32
	_                  uint64
	_, _               uint32
	name               [16]byte
}

// linkAttributes is the part of union bpf_attr that BPF_LINK_CREATE reads here.
type linkAttributes struct {
	program, ifindex, attach, flags uint32
}

// holdForeignProgram is the role of somebody else who attaches an XDP program, which passes
// everything, and keeps it until SIGTERM: foreign IFNAME.
func holdForeignProgram(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("an interface is wanted, not %q", args)
	}
	device, err := net.InterfaceByName(args[0])
	if err != nil {
		return err
	}
	code := []uint64{xdpPass<<32 | 0xb7, 0x95} // r0 = XDP_PASS; exit
	license := append([]byte("GPL"), 0)
	program := programAttributes{kind: bpfTypeXDP, instructions: uint32(len(code)),
		code:    uint64(uintptr(unsafe.Pointer(unsafe.SliceData(code)))),
		license: uint64(uintptr(unsafe.Pointer(unsafe.SliceData(license))))}
	copy(program.name[:], "foreign")
	fd, err := bpf(bpfProgLoad, unsafe.Pointer(&program), unsafe.Sizeof(program))
	runtime.KeepAlive(code)
	runtime.KeepAlive(license)
	if err != nil {
		return fmt.Errorf("load: %w", err)
	}
	link := linkAttributes{program: uint32(fd), ifindex: uint32(device.Index), attach: bpfAttachXDP}
	if _, err := bpf(bpfLinkCreate, unsafe.Pointer(&link), unsafe.Sizeof(link)); err != nil {
		return fmt.Errorf("attach: %w", err)
	}
	fmt.Println("attached")
	<-ctx.Done()
	return nil
}

func bpf(command uintptr, attributes unsafe.Pointer, size uintptr) (uintptr, error) {
	const sysBPF = 321 // of x86-64, which this package is built for
	fd, _, errno := syscall.Syscall(sysBPF, command, uintptr(attributes), size)
	if errno != 0 {
		return 0, errno
	}
	return fd, nil
}

// startForeignProgram attaches somebody else's program and waits until it is.
func startForeignProgram(t testing.TB, n *lab.Namespace, dev string) {
	t.Helper()
	p, err := n.StartRole("foreign", dev)
	if err != nil {
		t.Fatal(err)
	}
	err = lab.WaitFor(t.Context(), "a foreign program", 5*time.Second, func() (bool, error) {
		return strings.Contains(p.Stdout(), "attached"), nil
	})
	if err != nil {
		t.Fatal(err, p.Output())
	}
}
