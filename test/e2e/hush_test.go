package e2e

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"time"
)

// hush is the role of a client that opens connections, one after another, and keeps them: hush CLIENT
// ADDRESS COUNT TEXT. It says the text on each, or nothing. One that nobody answers is given up before its SYN
// is sent again.
func hush(ctx context.Context, args []string) error {
	if len(args) != 4 {
		return fmt.Errorf("CLIENT ADDRESS COUNT TEXT are wanted, not %q", args)
	}
	count, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	local := &net.TCPAddr{IP: net.ParseIP(args[0])}
	dialer := net.Dialer{Timeout: 500 * time.Millisecond, KeepAlive: -1, LocalAddr: local}
	for range count {
		conn, err := dialer.DialContext(ctx, "tcp", args[1])
		if err != nil {
			continue
		}
		defer conn.Close()
		if _, err := conn.Write([]byte(args[3])); err != nil {
			return err
		}
		time.Sleep(20 * time.Millisecond) // the next SYN has a ring of its own: it could pass this one's ACK there
	}
	<-ctx.Done()
	return nil
}
