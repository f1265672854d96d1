package e2e

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"synscreen/test/lab"
)

// knock is the role of a client that connects, says nothing and closes, and prints how long each connect
// took, in microseconds: knock ADDRESS COUNT PAUSE. One that fails ends it.
func knock(ctx context.Context, args []string) error {
	if len(args) != 3 {
		return fmt.Errorf("an address, a count and a pause are wanted, not %q", args)
	}
	count, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	pause, err := time.ParseDuration(args[2])
	if err != nil {
		return err
	}
	dialer := net.Dialer{Timeout: visitLimit}
	for i := range count {
		began := time.Now()
		conn, err := dialer.DialContext(ctx, "tcp", args[0])
		if err != nil {
			return fmt.Errorf("connection %d: %w", i+1, err)
		}
		fmt.Println(time.Since(began).Microseconds())
		if err := conn.Close(); err != nil {
			return err
		}
		time.Sleep(pause)
	}
	return nil
}

func serverAddress(family, port int) string {
	return net.JoinHostPort(map[int]string{4: lab.ServerAddr4, 6: lab.ServerAddr6}[family], strconv.Itoa(port))
}

// knockTimes connects so often to a port of the server and gives how long each took.
func knockTimes(t testing.TB, w *lab.WireLab, family, port, count int) []time.Duration {
	t.Helper()
	p, err := w.Client.StartRole("knock", serverAddress(family, port), strconv.Itoa(count), "5ms")
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	var times []time.Duration
	for _, line := range strings.Fields(p.Stdout()) {
		n, err := strconv.ParseInt(line, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		times = append(times, time.Duration(n)*time.Microsecond)
	}
	if len(times) != count {
		t.Fatalf("%d connections to port %d, want %d", len(times), port, count)
	}
	return times
}

func median(times []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(times))
	return sorted[len(sorted)/2]
}
