package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"synscreen/bench/visiting"
)

const (
	bulkRole, sinkRole = "bulk", "sink"

	bulkPort = 5201

	bulkConnectMax = 500 * time.Millisecond  // who has not connected by then sends nothing
	bulkHead       = 1200 * time.Millisecond // of the flows, before they are looked at
	bulkSpan       = 1500 * time.Millisecond // between the two looks
)

// runSink takes all that comes.
func runSink(ctx context.Context, _ []string) error {
	return visiting.AcceptAll(ctx, bulkPort, func(c net.Conn) {
		defer c.Close()
		_, _ = io.Copy(io.Discard, c)
	})
}

// runBulk has flows send as much as they can, and writes how many bits of a second were acknowledged.
func runBulk(ctx context.Context, args []string) error {
	count, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	began := time.Now()
	flows := make([]*net.TCPConn, count)
	var connecting sync.WaitGroup
	for i := range count {
		connecting.Go(func() { flows[i] = startFlow(ctx, began.Add(bulkConnectMax)) })
	}
	connecting.Wait()
	time.Sleep(time.Until(began.Add(bulkHead)))
	first, began := acknowledged(flows), time.Now()
	time.Sleep(bulkSpan)
	bytes := acknowledged(flows) - first
	fmt.Println(float64(bytes) * 8 / time.Since(began).Seconds())
	return nil
}

// startFlow connects and sends until the process ends; nil where nobody answers in time.
func startFlow(ctx context.Context, deadline time.Time) *net.TCPConn {
	dialer := net.Dialer{Deadline: deadline}
	dialer.SetMultipathTCP(false)
	c, err := dialer.DialContext(ctx, "tcp4", fmt.Sprintf("%s:%d", serverAddr, bulkPort))
	if err != nil {
		return nil
	}
	go func() {
		block := make([]byte, 1<<16)
		for {
			if _, err := c.Write(block); err != nil {
				return
			}
		}
	}()
	return c.(*net.TCPConn)
}

// acknowledged is how many bytes of all flows the other side has confirmed.
func acknowledged(flows []*net.TCPConn) (bytes uint64) {
	for _, c := range flows {
		if c == nil {
			continue
		}
		raw, err := c.SyscallConn()
		if err != nil {
			continue
		}
		_ = raw.Control(func(fd uintptr) {
			if info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); err == nil {
				bytes += info.Bytes_acked
			}
		})
	}
	return bytes
}
