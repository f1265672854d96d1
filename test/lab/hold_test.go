package lab

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

// timesOf is how long after its SYN a client of the address has its connection, as far as it knows, and
// how long after it the answer to its request.
func timesOf(t *testing.T, w *WireLab, family int, address string) (connected, answered time.Duration) {
	t.Helper()
	out, err := w.Curl(t.Context(), URL(family, 80, "/"), 5, "--interface", address, "-o", "/dev/null",
		"-w", "%{time_connect} %{time_total}")
	if err != nil {
		t.Fatal(err)
	}
	var times []time.Duration
	for _, field := range strings.Fields(out) {
		seconds, err := strconv.ParseFloat(field, 64)
		if err != nil {
			t.Fatal(err)
		}
		times = append(times, time.Duration(seconds*float64(time.Second)))
	}
	return times[0], times[1]
}

func TestHeldClientIsConnectedAtOnceAndAnsweredLate(t *testing.T) {
	const after = 500 * time.Millisecond
	w := bridged(t, WireOptions{Clients: 2})
	startNginx(t, w)
	if err := w.HoldEach(t.Context(), 1, after); err != nil {
		t.Fatal(err)
	}
	for family, address := range map[int]func(int) string{4: ClientAddr4, 6: ClientAddr6} {
		if _, answered := timesOf(t, w, family, address(0)); answered > after {
			t.Errorf("IPv%d: another client was answered after %v", family, answered)
		}
		connected, answered := timesOf(t, w, family, address(1))
		if connected > after || answered < after {
			t.Errorf("IPv%d: connected after %v and answered after %v, want less and more than %v", family,
				connected, answered, after)
		}
	}
}

func TestHeldClientIsAnsweredOnceItIsReleased(t *testing.T) {
	w := bridged(t, WireOptions{})
	startNginx(t, w)
	release, err := w.Hold(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		out, err := w.Curl(t.Context(), URL(family, 80, "/"), 1, "-w", "%{time_connect}")
		if err == nil || !strings.HasPrefix(out, "0.") || out == "0.000000" {
			t.Errorf("IPv%d: connected after %q s and %v, want connected and no answer", family, out, err)
		}
	}
	if err := release(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantHello(t, w)
}
