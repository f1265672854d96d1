package lab

import (
	"context"
	"fmt"
	"time"
)

// What is held of the client is dropped where it enters the LAN, so its kernel does not know: to it,
// the network is bad. Only SYNs pass, so it takes the server's SYN-ACK for a connection, and what
// should complete the handshake at the other end comes late, when the kernel sends it again.

// Hold keeps everything but SYNs of the client's TCP from the wire, until release.
func (w *WireLab) Hold(ctx context.Context) (release func(context.Context) error, err error) {
	if err := w.hold(ctx, "", "tcp flags & syn == 0 drop;"); err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		_, err := w.LAN.Run(ctx, "nft", "delete table netdev hold")
		return err
	}, nil
}

// HoldEach keeps back, of each connection of legitimate client i, what follows its SYN within a time.
func (w *WireLab) HoldEach(ctx context.Context, i int, after time.Duration) error {
	const set = "set opened%s { type %s . inet_service; flags dynamic, timeout; timeout %dms; }; "
	const rule = "%[2]s saddr %[3]s tcp flags & (syn | ack) == syn update @opened%[1]s { %[2]s saddr . tcp sport }; " +
		"tcp flags & syn == 0 %[2]s saddr . tcp sport @opened%[1]s drop; "
	millis := after.Milliseconds()
	return w.hold(ctx,
		fmt.Sprintf(set, "4", "ipv4_addr", millis)+fmt.Sprintf(set, "6", "ipv6_addr", millis),
		fmt.Sprintf(rule, "4", "ip", ClientAddr4(i))+fmt.Sprintf(rule, "6", "ip6", ClientAddr6(i)))
}

func (w *WireLab) hold(ctx context.Context, sets, rules string) error {
	_, err := w.LAN.Run(ctx, "nft", "table netdev hold { "+sets+"chain arrivals { "+
		"type filter hook ingress device client priority 0; "+rules+"}; }")
	return err
}
