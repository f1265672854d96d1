package e2e

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"synscreen/test/lab"
)

// A bad link is itself to be trusted: the tests that need one prove nothing otherwise.

// numberedFrames are n frames of every length, each with its number; every fourth has a tag.
func numberedFrames(t testing.TB, from, to machine, n int) (frames [][]byte) {
	t.Helper()
	const least, most = 46, 1500
	content, err := io.ReadAll(lab.Content(most))
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		payload := append(binary.BigEndian.AppendUint32(nil, uint32(i)), content...)
		f := ethernet(to.mac, from.mac, typeOther, payload[:least+i%(most-least+1)])
		if i%4 == 0 {
			f = tagged(f, typeCTag, 7)
		}
		frames = append(frames, f)
	}
	return frames
}

// numberOf is the number of a frame; -1 if it is no such frame.
func numberOf(frame []byte) int {
	if len(frame) < 22 {
		return -1
	}
	kind, payload := binary.BigEndian.Uint16(frame[12:]), frame[14:]
	if kind == typeCTag {
		kind, payload = binary.BigEndian.Uint16(frame[16:]), frame[18:]
	}
	if kind != typeOther {
		return -1
	}
	return int(binary.BigEndian.Uint32(payload))
}

// sendNumbered sends frames in their order.
func sendNumbered(t testing.TB, w *lab.WireLab, from machine, frames [][]byte) {
	t.Helper()
	var lines strings.Builder
	for _, f := range frames {
		fmt.Fprintln(&lines, hex.EncodeToString(f))
	}
	path := filepath.Join(w.Dir(), "numbered-"+from.space.Name)
	if err := os.WriteFile(path, []byte(lines.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	sender, err := from.space.StartRole("send", lab.EndDev, path)
	if err == nil {
		err = sender.Wait(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// arrivals reads a listener's numbered frames in the order in which they came, wants so many to come at
// least, and each to be as it was sent.
func arrivals(t testing.TB, listener *lab.Process, sent [][]byte, least int) (numbers []int) {
	t.Helper()
	read := func() {
		numbers = nil
		for line := range strings.Lines(listener.Stdout()) {
			f, err := hex.DecodeString(strings.TrimSpace(line))
			if n := numberOf(f); err == nil && n >= 0 {
				numbers = append(numbers, n)
				if n >= len(sent) || !bytes.Equal(f, sent[n]) {
					t.Fatalf("frame %d has changed: %x", n, f)
				}
			}
		}
	}
	err := lab.WaitFor(t.Context(), fmt.Sprintf("%d frames", least), startLimit, func() (bool, error) {
		read()
		return len(numbers) >= least, nil
	})
	if err != nil {
		t.Error(err)
	}
	return numbers
}

// late counts the frames that came after one that was sent later.
func late(numbers []int) (n int) {
	newest := -1
	for _, number := range numbers {
		if number < newest {
			n++
		}
		newest = max(newest, number)
	}
	return n
}

// wantShare asserts that a count is a percentage of n, give or take what chance may.
func wantShare(t testing.TB, what string, count uint64, n int, percent float64) {
	t.Helper()
	const slack = 2.5 // of the hundred: five standard deviations of 5000 draws, and some
	if got := float64(count) / float64(n) * 100; got < percent-slack || got > percent+slack {
		t.Errorf("%s: %d of %d frames, %.1f %%, want %.1f %%", what, count, n, got, percent)
	}
}

// wantRelayed compares what came in at one end with what the relay says that it has done. Beside the
// test's own frames it may have met others.
func wantRelayed(t testing.TB, numbers []int, n int, link lab.BadLink, c lab.RelayCounts) {
	t.Helper()
	if c.Received < uint64(n) || c.Failed+c.Overrun+c.Crowded != 0 ||
		c.Received-c.Lost+c.Duplicated != c.Sent {
		t.Errorf("%d frames were sent, and the relay counted %+v", n, c)
	}
	others := int(c.Received) - n
	if missing := int(c.Sent) - len(numbers); missing < 0 || missing > 2*others {
		t.Errorf("%d frames came, and the relay sent %d, %d of others among them", len(numbers), c.Sent, others)
	}
	wantShare(t, "lost", c.Lost, n, link.Loss)
	wantShare(t, "duplicated", c.Duplicated, n, link.Duplicate)
	wantShare(t, "reordered", c.Reordered, n, link.Reorder)
	// who holds the sender up for the time of a hold spares a frame from being overtaken
	if overtaken := uint64(late(numbers)); overtaken > c.Reordered || overtaken < c.Reordered/2 {
		t.Errorf("%d frames were overtaken, %d held to be", overtaken, c.Reordered)
	}
}

func TestBadLinkKeepsItsRatesAndChangesNoFrame(t *testing.T) {
	t.Parallel()
	const n = 5000
	link := lab.BadLink{Loss: 10, Duplicate: 5, Reorder: 20, Seed: 47}
	w := lab.BridgeForTest(t, lab.WireOptions{ClientLink: &link})
	client := machineOf(t, w.Client, lab.ClientMAC, lab.ClientAddr4(0), lab.ClientAddr6(0))
	server := machineOf(t, w.Server, lab.ServerMAC, lab.ServerAddr4, lab.ServerAddr6)
	atServer, atClient := startListening(t, server.space), startListening(t, client.space)
	up, down := numberedFrames(t, client, server, n), numberedFrames(t, server, client, n)
	sendNumbered(t, w, client, up)
	sendNumbered(t, w, server, down)
	// chance may not lose this many more
	arrivals(t, atServer, up, n*85/100)
	arrivals(t, atClient, down, n*85/100)
	result, err := w.ClientRelay.Result(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, side := range []struct {
		listener *lab.Process
		sent     [][]byte
		counts   lab.RelayCounts
	}{{atServer, up, result.ToServer}, {atClient, down, result.ToClient}} {
		numbers := arrivals(t, side.listener, side.sent, int(side.counts.Sent-(side.counts.Received-n)*2))
		wantRelayed(t, numbers, n, link, side.counts)
	}
	t.Logf("%+v", result)
}

func TestLinkThatIsNotBadCarriesEveryKindOfFrameOnceAndInOrder(t *testing.T) {
	t.Parallel()
	const n = 2000
	w := lab.BridgeForTest(t, lab.WireOptions{ClientLink: &lab.BadLink{}, ServerLink: &lab.BadLink{}})
	client := machineOf(t, w.Client, lab.ClientMAC, lab.ClientAddr4(0), lab.ClientAddr6(0))
	server := machineOf(t, w.Server, lab.ServerMAC, lab.ServerAddr4, lab.ServerAddr6)
	wantUnchanged(t, w, client, server)
	wantUnchanged(t, w, server, client)
	listener := startListening(t, server.space)
	frames := numberedFrames(t, client, server, n)
	sendNumbered(t, w, client, frames)
	numbers := arrivals(t, listener, frames, n)
	if len(numbers) != n || late(numbers) != 0 {
		t.Errorf("%d frames came, %d of them late, want %d in order", len(numbers), late(numbers), n)
	}
	startContent(t, w)
	for _, family := range families {
		if err := fetch(t.Context(), w, family, mega); err != nil {
			t.Error(err)
		}
	}
}

func TestRelayEndsRatherThanCarryAFrameWithoutItsChecksum(t *testing.T) {
	t.Parallel()
	w := lab.BridgeForTest(t, lab.WireOptions{ClientLink: &lab.BadLink{}})
	if err := w.Client.Ethtool(t.Context(), lab.EndDev, "tx", "on"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Curl(t.Context(), lab.URL(4, contentPort, "/"), 1); err == nil {
		t.Error("there is no server, and it answered")
	}
	err := w.ClientRelay.Wait(t.Context())
	if err == nil || !strings.Contains(err.Error(), "checksum offload is on") {
		t.Errorf("the relay said %v", err)
	}
}
