package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"time"

	"synscreen/test/lab"
)

// datagramPort is where datagrams are echoed.
const datagramPort = "7777"

// echoDatagrams is the role of a server that sends datagrams back as they came: udp-echo.
func echoDatagrams(ctx context.Context, _ []string) error {
	conn, err := net.ListenPacket("udp", ":"+datagramPort)
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { conn.Close() })
	fmt.Println("listening")
	buffer := make([]byte, frameMax)
	for {
		n, from, err := conn.ReadFrom(buffer)
		if ctx.Err() != nil {
			return nil
		}
		if err == nil {
			_, err = conn.WriteTo(buffer[:n], from)
		}
		if err != nil {
			return err
		}
	}
}

// datagramSizes are the empty one, odd ones, what fits into a frame of either family, and what needs
// fragments.
func datagramSizes() []int { return []int{0, 1, 17, 1000, 1452, 1472, 1473, 4000, 20001} }

// askDatagrams is the role of a client that wants datagrams of all sizes echoed: udp-ask ADDRESS.
func askDatagrams(_ context.Context, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("an address is wanted, not %q", args)
	}
	conn, err := net.Dial("udp", net.JoinHostPort(args[0], datagramPort))
	if err != nil {
		return err
	}
	defer conn.Close()
	buffer := make([]byte, frameMax)
	for _, size := range datagramSizes() {
		sent, err := io.ReadAll(lab.Content(int64(size)))
		if err != nil {
			return err
		}
		if _, err := conn.Write(sent); err != nil {
			return fmt.Errorf("%d bytes: %w", size, err)
		}
		if err := conn.SetReadDeadline(time.Now().Add(3 * time.Second)); err != nil {
			return err
		}
		n, err := conn.Read(buffer)
		if err != nil {
			return fmt.Errorf("%d bytes: %w", size, err)
		}
		if !bytes.Equal(buffer[:n], sent) {
			return fmt.Errorf("%d bytes: %d others came back", size, n)
		}
	}
	return nil
}
