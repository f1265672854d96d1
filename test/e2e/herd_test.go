package e2e

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"synscreen/test/lab"
)

// herd are many clients, each with an address of its own, that connect once to each of some ports, say
// nothing and hang up.
type herd struct {
	server string
	first  string // client's address
	step   int    // from one client's address to the next
	count  int
	ports  []int
}

const herdAtOnce = 32

// address is that of the i-th of them: steps are taken in the last four bytes.
func (h herd) address(i int) netip.Addr {
	bytes := netip.MustParseAddr(h.first).As16()
	last := binary.BigEndian.Uint32(bytes[12:])
	binary.BigEndian.PutUint32(bytes[12:], last+uint32(i*h.step))
	return netip.AddrFrom16(bytes).Unmap()
}

// connect is how many of their connections were opened.
func (h herd) connect(ctx context.Context) (opened int64) {
	var connected atomic.Int64
	var all sync.WaitGroup
	next := make(chan netip.Addr)
	for range herdAtOnce {
		all.Go(func() {
			for from := range next {
				dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: from.AsSlice()}, Timeout: visitLimit}
				for _, port := range h.ports {
					conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(h.server, strconv.Itoa(port)))
					if err == nil {
						connected.Add(1)
						conn.Close()
					}
				}
			}
		})
	}
	for i := range h.count {
		next <- h.address(i)
	}
	close(next)
	all.Wait()
	return connected.Load()
}

// herdRole is their process: herd SERVER FIRST STEP COUNT PORT... It prints how many connections were opened.
func herdRole(ctx context.Context, args []string) error {
	if len(args) < 5 {
		return fmt.Errorf("a server, an address, a step, a count and ports are wanted, not %q", args)
	}
	var numbers []int
	for _, text := range args[2:] {
		n, err := strconv.Atoi(text)
		if err != nil {
			return err
		}
		numbers = append(numbers, n)
	}
	h := herd{server: args[0], first: args[1], step: numbers[0], count: numbers[1], ports: numbers[2:]}
	fmt.Println(h.connect(ctx))
	return nil
}

// run has them connect from the client's machine, and returns how many connections were opened.
func (h herd) run(t testing.TB, w *lab.WireLab) (opened int) {
	t.Helper()
	args := []string{h.server, h.first, strconv.Itoa(h.step), strconv.Itoa(h.count)}
	for _, port := range h.ports {
		args = append(args, strconv.Itoa(port))
	}
	p, err := w.Client.StartRole("herd", args...)
	if err == nil {
		err = p.Wait(t.Context())
	}
	if err == nil {
		_, err = fmt.Sscan(p.Stdout(), &opened)
	}
	if err != nil {
		t.Fatal(err)
	}
	return opened
}
