package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"strconv"
	"testing"

	"synscreen/pkg/dataplane"
	"synscreen/test/lab"
)

const (
	floodRate    = 20_000 // SYNs a second, of all families
	lightRate    = 4_000  // where it matters only that there is a flood
	floodSeconds = 90     // longer than any test: a test's end ends it
)

// startFloods floods a port of the server over some families, and waits until the engine challenges.
func startFloods(t testing.TB, w *lab.WireLab, d *daemon, port int, families ...int) []*lab.Flood {
	t.Helper()
	return startFloodsAt(t, floodRate, w, d, port, families...)
}

// startLightFloods does so at a rate that leaves the machine alone.
func startLightFloods(t testing.TB, w *lab.WireLab, d *daemon, port int, families ...int) []*lab.Flood {
	t.Helper()
	return startFloodsAt(t, lightRate, w, d, port, families...)
}

func startFloodsAt(t testing.TB, rate int, w *lab.WireLab, d *daemon, port int, families ...int) []*lab.Flood {
	t.Helper()
	var floods []*lab.Flood
	before := d.status(t)
	for _, family := range families {
		f, err := w.StartFlood(lab.FloodOptions{Family: family, Ports: strconv.Itoa(port),
			Rate: rate / len(families), Seconds: floodSeconds})
		if err != nil {
			t.Fatal(err)
		}
		floods = append(floods, f)
	}
	d.waitStatus(t, "challenges", func(s dataplane.Status) bool {
		challenged := frames(t, s, lab.OuterDev, "reply_challenge")
		return challenged > frames(t, before, lab.OuterDev, "reply_challenge")+uint64(rate/10)
	})
	return floods
}

func fileSum(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	hash := sha256.New()
	_, err = io.Copy(hash, file)
	return hex.EncodeToString(hash.Sum(nil)), err
}
