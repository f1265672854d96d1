package e2e

import (
	"fmt"
	"testing"

	"synscreen/test/lab"
)

// Window scales: the client's and the server's own, and what the challenge says in the server's place.

const (
	scalePort  = 9500 // and one for each pair
	scaleBytes = 400_000
	shiftMax   = 14
)

// bufferFor is a receive buffer for which Linux chooses a window scale: twice as much as is set is taken,
// half of that counts as window until there is experience of segments, and the scale is the least by
// which the window fits into 16 bits (tcp_select_initial_window).
func bufferFor(shift int) int { return 3 << (14 + shift) }

// scales are the window scales of one connection.
type scales struct {
	family              int
	port                int
	client, was, server int
}

func (s scales) String() string {
	return fmt.Sprintf("IPv%d, client's shift %d, server's %d, before %d", s.family, s.client, s.server, s.was)
}

// scalePairs are pairs in which every shift is at each end, beside small, large and equal ones. The
// server's was the same before, or `moved` more.
func scalePairs(moved int) (all []scales) {
	const n = shiftMax + 1
	port := scalePort
	for client := range n {
		for _, server := range []int{client, (client + 1) % n, (client + 7) % n, shiftMax - client} {
			for _, family := range families {
				all = append(all, scales{family, port, client, (server + moved) % n, server})
			}
			port++
		}
	}
	return all
}

func scalePorts(all []scales) (ports []listenAt) {
	for i, s := range all {
		if i%len(families) == 0 {
			ports = append(ports, listenAt{Port: s.port, Buffer: bufferFor(s.was)})
		}
	}
	return ports
}

// scaleTalks are one talk for each pair; the last to a port leaves it with its shift of now.
func scaleTalks(all []scales) (talks []talk) {
	for i, s := range all {
		one := talk{Address: talkAddress(s.family, s.port), Up: scaleBytes, Down: scaleBytes,
			Offer: offer{Buffer: bufferFor(s.client)}}
		if i%len(families) == len(families)-1 {
			one.Next = &stance{Buffer: bufferFor(s.server)}
		}
		talks = append(talks, one)
	}
	return talks
}

// wantShifts asserts which shifts each end has: the client its own, and the server's as it was promised;
// the server its own, and the client's.
func wantShifts(t testing.TB, all []scales, got []talked, server, promised func(scales) int) {
	t.Helper()
	for i, s := range all {
		client, far := got[i].Client.Agreed, got[i].Server.Agreed
		if int(client.OurShift) != s.client || int(client.TheirShift) != promised(s) ||
			int(far.OurShift) != server(s) || int(far.TheirShift) != s.client {
			t.Errorf("%v: client has %v, server %v, want the client to believe in %d", s, client, far, promised(s))
		}
	}
}

func TestWindowScalesAreThoseOfADirectConnectionOrMadeGood(t *testing.T) {
	was, now := func(s scales) int { return s.was }, func(s scales) int { return s.server }
	for name, moved := range map[string]int{"known": 0, "guessed 3 more": 3, "guessed 10 more": 10} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := lab.WireForTest(t, lab.WireOptions{})
			all := scalePairs(moved)
			server := startTalkServer(t, w, scalePorts(all)...)
			d := startDaemon(t, w, configuration{attack: 500_000}, noLearning)
			direct := runTalks(t, w, 1, scaleTalks(all))
			wantTalked(t, server, scaleTalks(all), direct)
			wantShifts(t, all, direct, was, was)
			d.mustCommit(t, configuration{attack: 500_000, always: true})
			before := d.status(t)
			got := runTalks(t, w, 1, scaleTalks(all))
			wantTalked(t, server, scaleTalks(all), got)
			wantSpliced(t, d, before, uint64(len(all)))
			wantShifts(t, all, got, now, was)
			wantNotSlow(t, all, direct, got)
		})
	}
}
