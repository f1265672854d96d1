// Package visiting is the legitimate connections of benchmarks, and the server that they come to: each
// connects, asks, is answered, and closes.
package visiting

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"time"

	"synscreen/test/lab"
)

const (
	Port     = 80              // of the server
	VisitMax = 4 * time.Second // a visit that takes longer has failed

	serverAddr = lab.ServerAddr4
)

// Visit is one legitimate connection: connect, ask, be answered.
type Visit struct {
	Succeeded bool    `json:"succeeded"`
	Connect   float64 `json:"connect"` // ms
	Answer    float64 `json:"answer"`  // ms, from the beginning
}

// Sources are the addresses that visitors have, one after the other.
type Sources struct {
	First netip.Addr
	Count int
}

// Addr is the address of visitor i.
func (s Sources) Addr(i int) netip.Addr {
	addr := s.First
	for range i % s.Count {
		addr = addr.Next()
	}
	return addr
}

// Pay pays one visit.
func Pay(ctx context.Context, from Sources, i int) (v Visit) {
	began := time.Now()
	since := func() float64 { return float64(time.Since(began).Microseconds()) / 1000 }
	dialer := net.Dialer{Deadline: began.Add(VisitMax), LocalAddr: &net.TCPAddr{IP: from.Addr(i).AsSlice()}}
	dialer.SetMultipathTCP(false)
	c, err := dialer.DialContext(ctx, "tcp4", fmt.Sprintf("%s:%d", serverAddr, Port))
	if err != nil {
		return v
	}
	defer c.Close()
	v.Connect = since()
	_ = c.SetDeadline(began.Add(VisitMax))
	if _, err := c.Write([]byte("?")); err != nil {
		return v
	}
	word := make([]byte, len("hello"))
	_, err = io.ReadFull(c, word)
	v.Answer, v.Succeeded = since(), err == nil && string(word) == "hello"
	return v
}
