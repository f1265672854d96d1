package e2e

import (
	"maps"
	"net"
	"slices"
	"strconv"
	"testing"
	"time"

	"synscreen/test/lab"
)

// The other services' connects may take so much longer while their neighbour is flooded: both processors of
// a small machine are at work on the flood then, and who is not scheduled waits for milliseconds. A SYN that
// is challenged and lost, or dropped, costs its client a second.
const (
	slowerMax  = 5
	slowerFrom = 2 * time.Millisecond // what is below is no difference
)

// A flood is over one window of a second after that in which it ended: two seconds after its last SYN at
// most. The engine's own time may be late by what a busy machine needs to take the last SYNs from their
// rings; who polls also asks and is answered.
const (
	calmWithin   = 2 * time.Second
	countedLate  = 250 * time.Millisecond
	answeredLate = 750 * time.Millisecond
)

// addOtherAddresses gives the server two more, which the client can reach.
func addOtherAddresses(t testing.TB, w *lab.WireLab) {
	t.Helper()
	err := w.Server.IP(t.Context(), "addr add "+otherAddr4+"/32 dev eth0", "addr add "+otherAddr6+"/128 dev eth0 nodad")
	if err != nil {
		t.Fatal(err)
	}
	err = w.Client.IP(t.Context(),
		"route add "+otherAddr4+"/32 dev eth0 src "+lab.ClientAddr4(0),
		"route add "+otherAddr6+"/128 dev eth0 src "+lab.ClientAddr6(0),
		"neigh add "+otherAddr4+" lladdr "+lab.ServerMAC+" dev eth0 nud permanent",
		"neigh add "+otherAddr6+" lladdr "+lab.ServerMAC+" dev eth0 nud permanent")
	if err != nil {
		t.Fatal(err)
	}
}

// neighbours are a service that is flooded and those beside it: at another port of its address, and at its
// port of another address.
type neighbours struct {
	lab     *lab.WireLab
	daemon  *daemon
	told    *events
	flooded []string
	others  []string
	calm    map[string][]time.Duration // connect times
	beside  map[string][]time.Duration // while the first is flooded
}

func startNeighbours(t testing.TB) *neighbours {
	t.Helper()
	const port = 80
	w := lab.WireForTest(t, lab.WireOptions{})
	addOtherAddresses(t, w)
	startContent(t, w)
	startNginx(t, w)
	told, path := listenEvents(t, w)
	n := &neighbours{lab: w, told: told, calm: map[string][]time.Duration{}, beside: map[string][]time.Duration{}}
	for _, family := range families {
		n.flooded = append(n.flooded, serverAddress(family, port))
		n.others = append(n.others, serverAddress(family, contentPort))
	}
	for _, address := range []string{otherAddr4, otherAddr6} {
		n.others = append(n.others, net.JoinHostPort(address, strconv.Itoa(port)))
	}
	n.daemon = startDaemon(t, w, configuration{stock: true}, noLearning, "--syslog", path)
	return n
}

// counted is what is compared between two readings.
type counted struct{ calm, challenged, valid, spliced uint64 }

func (n *neighbours) counted(t testing.TB) counted {
	t.Helper()
	s := n.daemon.status(t)
	return counted{
		calm:       frames(t, s, lab.OuterDev, "forward_syn_calm"),
		challenged: frames(t, s, lab.OuterDev, "reply_challenge"),
		valid:      zone(t, s, "untrust").CookiesValid,
		spliced:    s.Flows.Spliced,
	}
}

func (c counted) since(before counted) counted {
	return counted{c.calm - before.calm, c.challenged - before.challenged, c.valid - before.valid, c.spliced - before.spliced}
}

// knock connects so often to each of the others, and keeps how long it took.
func (n *neighbours) knock(t testing.TB, rounds int, into map[string][]time.Duration) {
	t.Helper()
	for address, times := range knockTimes(t, n.lab, rounds, n.others...) {
		into[address] = append(into[address], times...)
	}
}

// flood floods the one, connects to it and to the others, and gives when the last SYN of it was sent.
func (n *neighbours) flood(t testing.TB, rounds, challenges int) (ended time.Time) {
	t.Helper()
	floods := startFloods(t, n.lab, n.daemon, 80, families...)
	before := n.counted(t)
	n.knock(t, rounds, n.beside)
	knockTimes(t, n.lab, challenges, n.flooded...)
	got := n.counted(t).since(before)
	// the flood's own SYNs are challenged, each of them
	if want := uint64(rounds * len(n.others)); got.calm != want {
		t.Errorf("%d SYNs passed unchallenged, want those of the %d connections beside the flood", got.calm, want)
	}
	if want := uint64(challenges * len(n.flooded)); got.valid != want || got.spliced != want {
		t.Errorf("%d cookies were valid and %d splices begun for %d connections to the flooded service",
			got.valid, got.spliced, want)
	}
	for _, row := range n.daemon.flooded(t).Destinations {
		if !slices.Contains(n.flooded, row.Address.String()) {
			t.Errorf("%v is listed: %+v", row.Address, row)
		}
	}
	for _, f := range floods {
		if err := f.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	}
	return time.Now()
}

// wantCalm connects to the flooded service until its zone is calm, and wants that in time; and every
// destination's end by the engine's own clock. Who comes meanwhile may be challenged, and is no reason for the
// state to last.
func (n *neighbours) wantCalm(t testing.TB, ended time.Time) {
	t.Helper()
	n.daemon.wait(t, "calm", func() (bool, error) {
		knockTimes(t, n.lab, 1, n.flooded...)
		s, err := n.daemon.client.Status(t.Context())
		return err == nil && zone(t, s, "untrust").Flooding == 0, err
	})
	polled := time.Since(ended)
	if polled > calmWithin+answeredLate {
		t.Errorf("the zone is calm %v after the flood, want %v", polled, calmWithin)
	}
	for _, address := range []string{lab.ServerAddr4, lab.ServerAddr6} {
		began := n.told.wait(t, "SYN flood began", address)
		end := n.told.wait(t, "SYN flood ended", address)
		late := end.time.Sub(ended)
		t.Logf("%s: over %v after the last SYN, the zone is seen calm after %v", address, late, polled)
		if late > calmWithin+countedLate {
			t.Errorf("%s: the flood ended %v after its last SYN, want %v at most", address, late, calmWithin)
		}
		lasted, err := strconv.ParseFloat(end.fields["elapsed-time"], 64)
		if diff := end.time.Sub(began.time).Seconds() - lasted; err != nil || diff < -0.1 || diff > 0.1 {
			t.Errorf("%s: it lasted %q s, from %v to %v", address, end.fields["elapsed-time"], began.time, end.time)
		}
	}
}

func TestFloodOfOneServiceLeavesTheOthersAlone(t *testing.T) {
	t.Parallel()
	const floods, rounds, challenges, afterwards = 3, 30, 5, 10
	n := startNeighbours(t)
	for range floods {
		n.knock(t, rounds, n.calm)
		n.wantCalm(t, n.flood(t, rounds, challenges))

		before := n.counted(t)
		all := slices.Concat(n.flooded, n.others)
		knockTimes(t, n.lab, afterwards, all...)
		want := counted{calm: uint64(afterwards * len(all))}
		if got := n.counted(t).since(before); got != want {
			t.Errorf("after the flood %+v, want %+v", got, want)
		}
	}
	for _, address := range slices.Sorted(maps.Keys(n.calm)) {
		was, is := median(n.calm[address]), median(n.beside[address])
		t.Logf("%s: connects took %v in calm, %v beside the flood", address, was, is)
		if is > slowerFrom && is > slowerMax*was {
			t.Errorf("%s: connects took %v beside the flood, %v in calm", address, is, was)
		}
	}
}
