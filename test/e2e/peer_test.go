package e2e

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"synscreen/pkg/dataplane"
	"synscreen/test/lab"
)

// peer is one of two machines, each with a wire, a flood, and the same addresses at its ends: what is
// said at one of them can be said again at the other.
type peer struct {
	*daemon
	before dataplane.Status // when it challenged already
}

func startPeer(t testing.TB, c configuration) peer {
	t.Helper()
	w := lab.WireForTest(t, lab.WireOptions{ChecksumOff: true})
	startNginx(t, w)
	d := startDaemon(t, w, c, noLearning)
	startLightFloods(t, w, d, 80, families...)
	return peer{d, d.status(t)}
}

// answers has a client of each family challenged at this peer, and gives the frames with their bare
// ACKs, which come no further than the LAN.
func (p peer) answers(t testing.TB) (frames []string) {
	t.Helper()
	listener, err := p.lab.LAN.StartRole("listen", "client")
	if err != nil {
		t.Fatal(err)
	}
	waitSays(t, listener, "listening")
	startHeld(t, p.lab) // never released: they end with the test
	p.wait(t, "an answer of each family", func() (bool, error) {
		frames = bareACKs(listener.Stdout())
		return len(frames) == len(families), nil
	})
	return frames
}

// bareACKs are the ACKs without data among the frames, in hexadecimal, that a listener wrote down.
func bareACKs(lines string) (frames []string) {
	const ack = 0x10
	for line := range strings.Lines(lines) {
		line = strings.TrimSpace(line)
		f, err := hex.DecodeString(line)
		if err != nil || len(f) < 54 {
			continue
		}
		tcp, end := 34, 14+int(binary.BigEndian.Uint16(f[16:]))
		if binary.BigEndian.Uint16(f[12:]) == typeIPv6 {
			tcp, end = 54, 54+int(binary.BigEndian.Uint16(f[18:]))
		}
		if len(f) >= tcp+20 && f[tcp+13] == ack && end == tcp+int(f[tcp+12]>>4)*4 {
			frames = append(frames, line)
		}
	}
	return frames
}

// hear puts frames onto this peer's wire, as its client.
func (p peer) hear(t testing.TB, frames []string) {
	t.Helper()
	path := filepath.Join(p.lab.Dir(), "heard")
	if err := os.WriteFile(path, []byte(strings.Join(frames, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	sender, err := p.lab.Client.StartRole("send", lab.EndDev, path)
	if err == nil {
		err = sender.Wait(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// wantRefused wants so many answers to be no cookies of any key that this peer accepts.
func (p peer) wantRefused(t testing.TB, n int) {
	t.Helper()
	count := func(s dataplane.Status) int {
		return int(frames(t, s, lab.OuterDev, "drop_cookie_invalid") -
			frames(t, p.before, lab.OuterDev, "drop_cookie_invalid"))
	}
	p.waitStatus(t, fmt.Sprintf("%d refused cookies", n), func(s dataplane.Status) bool { return count(s) >= n })
	s := p.status(t)
	if refused, valid := count(s), zone(t, s, "untrust").CookiesValid; refused != n || valid != 0 {
		t.Errorf("%d cookies were refused and %d valid, want %d and none", refused, valid, n)
	}
}

// wantSameKey asserts that both peers show one key as the active one.
func wantSameKey(t testing.TB, a, b peer) {
	t.Helper()
	if x, y := a.cookies(t).Key, b.cookies(t).Key; x.Active != y.Active || x.Active == "" {
		t.Errorf("active keys %q and %q, want one", x.Active, y.Active)
	}
}

func TestPeersWithOneKeyFileAcceptEachOthersCookies(t *testing.T) {
	t.Parallel()
	c := configuration{keyFile: writeKey(t, t.TempDir(), "shared.key", "of peers")}
	a, b := startPeer(t, c), startPeer(t, c)
	wantSameKey(t, a, b)
	opened := passiveOpens(t, b.lab)
	answers := a.answers(t)
	b.hear(t, answers)
	wantSpliced(t, b.daemon, b.before, uint64(len(answers)))
	b.wait(t, "the server's acceptance", func() (bool, error) {
		return passiveOpens(t, b.lab)-opened == uint64(len(answers)), nil
	})
}

func TestPeerAcceptsCookiesOfAnotherKeyOnceThatIsStaged(t *testing.T) {
	t.Parallel()
	file := writeKey(t, t.TempDir(), "next.key", "of one peer")
	a, b := startPeer(t, configuration{keyFile: file}), startPeer(t, configuration{})
	answers := a.answers(t)
	b.hear(t, answers)
	b.wantRefused(t, len(answers))
	if staged, active := b.mustKey(t, "stage-key", file).Other, a.cookies(t).Key.Active; staged != active {
		t.Errorf("staged %s, want %s", staged, active)
	}
	b.hear(t, answers)
	wantSpliced(t, b.daemon, b.before, uint64(len(answers)))
}
