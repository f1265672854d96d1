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

// knock is the role of a client that connects to some addresses in turn, again and again, says nothing and
// closes: knock ROUNDS PAUSE ADDRESS... It prints how long each connect took, in microseconds. One that
// fails ends it.
func knock(ctx context.Context, args []string) error {
	if len(args) < 3 {
		return fmt.Errorf("a number, a pause and addresses are wanted, not %q", args)
	}
	rounds, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	pause, err := time.ParseDuration(args[1])
	if err != nil {
		return err
	}
	dialer := net.Dialer{Timeout: visitLimit}
	for i := range rounds {
		for _, address := range args[2:] {
			began := time.Now()
			conn, err := dialer.DialContext(ctx, "tcp", address)
			if err != nil {
				return fmt.Errorf("round %d: %w", i+1, err)
			}
			fmt.Println(time.Since(began).Microseconds())
			if err := conn.Close(); err != nil {
				return err
			}
			time.Sleep(pause)
		}
	}
	return nil
}

func serverAddress(family, port int) string {
	return net.JoinHostPort(map[int]string{4: lab.ServerAddr4, 6: lab.ServerAddr6}[family], strconv.Itoa(port))
}

const knockPause = 5 * time.Millisecond // so that nobody's connections are a flood

// knockTimes connects so often to each of some addresses, in turn, and gives how long it took for each.
func knockTimes(t testing.TB, w *lab.WireLab, rounds int, addresses ...string) map[string][]time.Duration {
	t.Helper()
	args := append([]string{strconv.Itoa(rounds), knockPause.String()}, addresses...)
	p, err := w.Client.StartRole("knock", args...)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	lines := strings.Fields(p.Stdout())
	if len(lines) != rounds*len(addresses) {
		t.Fatalf("%d connections to %q, want %d to each", len(lines), addresses, rounds)
	}
	times := map[string][]time.Duration{}
	for i, line := range lines {
		n, err := strconv.ParseInt(line, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		to := addresses[i%len(addresses)]
		times[to] = append(times[to], time.Duration(n)*time.Microsecond)
	}
	return times
}

func median(times []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(times))
	return sorted[len(sorted)/2]
}
