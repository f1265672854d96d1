package e2e

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"testing"
	"time"

	"synscreen/test/lab"
)

// Types of ICMP and ICMPv6 messages.
const (
	echoRequest4, echoReply4 = 8, 0
	echoRequest6, echoReply6 = 128, 129
)

// ping is the role of a client that sends ICMP echo requests of some size and wants each back as it
// was: ping ADDRESS COUNT INTERVAL SIZE. It prints how many came back; not all is an error.
func ping(ctx context.Context, args []string) error {
	if len(args) != 4 {
		return fmt.Errorf("ADDRESS COUNT INTERVAL SIZE are wanted, not %q", args)
	}
	address, err := netip.ParseAddr(args[0])
	if err != nil {
		return err
	}
	count, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	interval, err := time.ParseDuration(args[2])
	if err != nil {
		return err
	}
	size, err := strconv.Atoi(args[3])
	if err != nil {
		return err
	}
	p, err := newPinger(address, size)
	if err != nil {
		return err
	}
	defer p.conn.Close()
	context.AfterFunc(ctx, func() { p.conn.Close() })
	received, err := p.run(count, interval)
	fmt.Printf("%d received\n", received)
	if err == nil && received != count {
		err = fmt.Errorf("%d of %d came back", received, count)
	}
	return err
}

// pinger sends echo requests to one address.
type pinger struct {
	conn           net.Conn
	request, reply byte
	id             uint16
	body           []byte
}

func newPinger(address netip.Addr, size int) (*pinger, error) {
	p := &pinger{request: echoRequest4, reply: echoReply4, id: uint16(os.Getpid())}
	network := "ip4:icmp"
	if address.Is6() {
		network = "ip6:ipv6-icmp"
		p.request, p.reply = echoRequest6, echoReply6
	}
	var err error
	if p.body, err = io.ReadAll(lab.Content(int64(size))); err != nil {
		return nil, err
	}
	p.conn, err = net.Dial(network, address.String())
	return p, err
}

// run sends a request in each interval and waits for its answer, the last time at least a second.
func (p *pinger) run(count int, interval time.Duration) (received int, err error) {
	for n := range count {
		if _, err := p.conn.Write(p.message(uint16(n))); err != nil {
			return received, err
		}
		if n == count-1 {
			interval = max(interval, time.Second)
		}
		received += p.await(n+1-received, time.Now().Add(interval))
	}
	return received, nil
}

// await takes packets until so many answers have come, or until the deadline.
func (p *pinger) await(wanted int, deadline time.Time) (received int) {
	for received < wanted {
		got, err := p.receive(deadline)
		if err != nil {
			break
		}
		if got {
			received++
		}
	}
	return received
}

// receive takes one packet and says whether it is a whole answer.
func (p *pinger) receive(deadline time.Time) (bool, error) {
	packet := make([]byte, 65536)
	if err := p.conn.SetReadDeadline(deadline); err != nil {
		return false, err
	}
	n, err := p.conn.Read(packet)
	if err != nil {
		return false, err
	}
	packet = packet[:n]
	if p.request == echoRequest4 && n > 0 { // it begins with its IP header
		packet = packet[min(n, int(packet[0]&15)*4):]
	}
	return len(packet) >= 8 && packet[0] == p.reply && binary.BigEndian.Uint16(packet[4:]) == p.id &&
		bytes.Equal(packet[8:], p.body), nil
}

func (p *pinger) message(sequence uint16) []byte {
	m := make([]byte, 8, 8+len(p.body))
	m[0] = p.request
	binary.BigEndian.PutUint16(m[4:], p.id)
	binary.BigEndian.PutUint16(m[6:], sequence)
	m = append(m, p.body...)
	if p.request == echoRequest4 { // the kernel makes the other's
		binary.BigEndian.PutUint16(m[2:], ^checksum(m))
	}
	return m
}

// checksum is the one's complement sum of RFC 1071, not inverted.
func checksum(data ...[]byte) uint16 {
	var sum uint32
	for _, part := range data {
		for i := 0; i+1 < len(part); i += 2 {
			sum += uint32(binary.BigEndian.Uint16(part[i:]))
		}
		if len(part)%2 == 1 {
			sum += uint32(part[len(part)-1]) << 8
		}
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return uint16(sum)
}

// way is one way through the wire.
type way struct {
	from *lab.Namespace
	to   string
}

func ways(w *lab.WireLab) []way {
	return []way{{w.Client, lab.ServerAddr4}, {w.Client, lab.ServerAddr6},
		{w.Server, lab.ClientAddr4(0)}, {w.Server, lab.ClientAddr6(0)}}
}

// startPings starts a ping on each way.
func startPings(t testing.TB, w *lab.WireLab, count int, interval time.Duration, size int) []*lab.Process {
	t.Helper()
	var all []*lab.Process
	for _, way := range ways(w) {
		p, err := way.from.StartRole("ping", way.to, strconv.Itoa(count), interval.String(), strconv.Itoa(size))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

// wantCarries asserts that the wire carries pings both ways over both families.
func wantCarries(t testing.TB, w *lab.WireLab) {
	t.Helper()
	for _, p := range startPings(t, w, 2, 100*time.Millisecond, 56) {
		if err := p.Wait(t.Context()); err != nil {
			t.Errorf("the wire does not carry: %v", err)
		}
	}
}

// wantCut asserts that for more than two seconds nothing gets through, either way.
func wantCut(t testing.TB, w *lab.WireLab) {
	t.Helper()
	for _, p := range startPings(t, w, 10, 200*time.Millisecond, 56) {
		if err := p.Wait(t.Context()); err == nil || p.Stdout() != "0 received\n" {
			t.Errorf("something passes: %v: %s", err, p.Output())
		}
	}
}

// fallbackLimit is how long a wire may be cut until its bridge takes over: the heartbeat's age, and
// some for a busy machine.
const fallbackLimit = 3 * time.Second

// waitCarries waits until pings get through after an engine has gone.
func waitCarries(t testing.TB, w *lab.WireLab) {
	t.Helper()
	err := lab.WaitFor(t.Context(), "a wire that carries", fallbackLimit, func() (bool, error) {
		p, err := w.Client.StartRole("ping", lab.ServerAddr4, "1", "100ms", "56")
		if err != nil {
			return false, err
		}
		return p.Wait(t.Context()) == nil, nil
	})
	if err != nil {
		t.Error(err)
	}
	wantCarries(t, w)
}
