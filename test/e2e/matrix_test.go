package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"synscreen/test/lab"
)

// What two kernels agree to through a splice is what they agree to directly, for every offer of the
// client's and every stance of the server's, with these differences, and no others:
//
//   - where not both ends do timestamps there is no window scaling, no SACK and no ECN either: nothing
//     could carry them from the challenge to its answer;
//   - the server believes in the next lower MSS of the cookie's table;
//   - a SYN without an MSS is answered without one, so its sender takes the default (RFC 9293 section
//     3.7.1): no challenge is longer than its SYN because of an option that that did not have.

const (
	matrixPort  = 9100 // and one more for every stance and kind
	matrixBytes = 3000
)

// row is one connection of a matrix.
type row struct {
	family int
	stance int // of the server, an index into matrixStances
	talk   talk
}

func (r row) String() string {
	server := matrixStances()[r.stance]
	text := fmt.Sprintf("IPv%d, offers %v", r.family, r.talk.Offer)
	text += fmt.Sprintf(", server does %q", with(server.Without))
	if server.NoECN {
		text += " and no ECN"
	}
	if r.talk.ServerFirst {
		text += " and speaks first"
	}
	return text
}

// subsets are all selections of some options.
func subsets(options ...string) [][]string {
	all := [][]string{nil}
	for _, option := range options {
		for _, without := range all {
			all = append(all, append(slices.Clone(without), option))
		}
	}
	return all
}

// matrixStances are what the server may be, each on ports of its own: what is learned is learned of a
// port. The last refuses ECN.
func matrixStances() (all []stance) {
	for _, without := range subsets(optionTimestamps, optionSACK, optionWscale) {
		all = append(all, stance{Without: without})
	}
	return append(all, stance{NoECN: true})
}

func matrixPorts() (ports []listenAt) {
	for i := range matrixStances() {
		ports = append(ports, listenAt{Port: matrixPort + 2*i}, listenAt{Port: matrixPort + 2*i + 1, First: true})
	}
	return ports
}

// matrixOffers are what a client may offer to a server of some stance.
func matrixOffers(s stance, family int) (offers []offer) {
	for _, without := range subsets(optionMSS, optionTimestamps, optionSACK, optionWscale) {
		if !s.NoECN {
			offers = append(offers, offer{Set: true, Without: without})
		}
	}
	if s.Without == nil {
		for _, without := range [][]string{nil, {optionSACK}, {optionWscale}, {optionTimestamps}, {optionMSS}} {
			offers = append(offers, offer{Set: true, Without: without, ECN: true})
		}
	}
	if s.Without == nil && !s.NoECN {
		for _, mss := range map[int][]int{4: {216, 536, 1000, 1380, 1452}, 6: {216, 1000, 1300, 1380, 1432}}[family] {
			offers = append(offers, offer{Set: true, MSS: mss}, offer{Set: true, MSS: mss, Without: []string{optionTimestamps}})
		}
	}
	return offers
}

// matrixRows are in the order of the server's stances; each prepares the next one's.
func matrixRows() (rows []row) {
	stances := matrixStances()
	for i := range stances {
		for _, family := range families {
			for _, o := range matrixOffers(stances[i], family) {
				for first := range 2 {
					rows = append(rows, row{family, i, talk{Address: talkAddress(family, matrixPort+2*i+first),
						ServerFirst: first == 1, Up: matrixBytes, Down: matrixBytes, Offer: o}})
				}
			}
		}
	}
	for i := range rows {
		rows[i].talk.Next = &stances[rows[(i+1)%len(rows)].stance]
	}
	return rows
}

// stripMSS takes the option out of marked SYNs of the client.
func stripMSS(t testing.TB, w *lab.WireLab) {
	t.Helper()
	_, err := w.Client.Run(t.Context(), "nft", fmt.Sprintf("table inet strip { chain out { type filter hook output "+
		"priority 0; meta mark %d tcp flags & (syn | ack) == syn reset tcp option maxseg; }; }", stripMark))
	if err != nil {
		t.Fatal(err)
	}
}

// runRows holds the rows' talks, which must all go well.
func runRows(t testing.TB, w *lab.WireLab, server *lab.Process, rows []row) []talked {
	t.Helper()
	var talks []talk
	for _, r := range rows {
		talks = append(talks, r.talk)
	}
	results := runTalks(t, w, 1, talks)
	wantTalked(t, server, talks, results)
	return results
}

// cookieMSS is the table of docs/cookie.md.
var cookieMSS = map[int][]uint32{
	4: {216, 536, 1200, 1340, 1400, 1440, 1460, 8960},
	6: {216, 1220, 1300, 1360, 1400, 1420, 1440, 8940},
}

func roundedMSS(family int, mss uint32) (rounded uint32) {
	for _, each := range cookieMSS[family] {
		if each <= mss {
			rounded = each
		}
	}
	return rounded
}

// stampBytes are what timestamps take of every segment.
func stampBytes(a Agreed) uint32 {
	if a.Timestamps {
		return 12
	}
	return 0
}

// spliced is what an end of a connection must say of it when it is spliced, if it says `direct` of a
// direct one.
func spliced(direct Agreed) Agreed {
	if !direct.Timestamps {
		return Agreed{SendMSS: direct.SendMSS, AdvMSS: direct.AdvMSS}
	}
	return direct
}

// splicedEnds is that of both ends.
func (r row) splicedEnds(direct talked) (client, server Agreed) {
	client, server = spliced(direct.Client.Agreed), spliced(direct.Server.Agreed)
	server.SendMSS = roundedMSS(r.family, server.SendMSS+stampBytes(server)) - stampBytes(server)
	if slices.Contains(r.talk.Offer.Without, optionMSS) {
		client.SendMSS = defaultMSS(r.family) - stampBytes(client)
	}
	return client, server
}

func (r row) sameEnds(direct talked) (client, server Agreed) {
	return direct.Client.Agreed, direct.Server.Agreed
}

// wantRows asserts that every row came out as it must after what it was directly.
func wantRows(t testing.TB, rows []row, direct, got []talked, ends func(row, talked) (client, server Agreed)) {
	t.Helper()
	const shown = 30
	failed := 0
	for i, r := range rows {
		client, server := ends(r, direct[i])
		if got[i].Client.Agreed == client && got[i].Server.Agreed == server {
			continue
		}
		if failed++; failed <= shown {
			t.Errorf("%v:\nclient has %v\n    want %v\n  direct %v\nserver has %v\n    want %v\n  direct %v", r,
				got[i].Client, client, direct[i].Client, got[i].Server, server, direct[i].Server)
		}
	}
	if failed > 0 {
		t.Errorf("%d of %d rows are not as they must be", failed, len(rows))
	}
}

// defaultMSS is what is taken of a peer that says nothing.
func defaultMSS(family int) uint32 { return map[int]uint32{4: 536, 6: 1220}[family] }

// wantOffered asserts of direct connections that they had what client and server both do: that the
// matrix is one.
func wantOffered(t testing.TB, rows []row, direct []talked) {
	t.Helper()
	for i, r := range rows {
		server, o := matrixStances()[r.stance], r.talk.Offer
		both := func(option string) bool {
			return !slices.Contains(o.Without, option) && !slices.Contains(server.Without, option)
		}
		for _, end := range []Agreed{direct[i].Client.Agreed, direct[i].Server.Agreed} {
			if end.Timestamps != both(optionTimestamps) || end.SACK != both(optionSACK) || end.Wscale != both(optionWscale) ||
				end.ECN != (o.ECN && !server.NoECN) {
				t.Errorf("%v: agreed directly to %v", r, end)
			}
		}
		mss := direct[i].Server.SendMSS + stampBytes(direct[i].Server.Agreed)
		if want := uint32(o.MSS); want != 0 && mss != want {
			t.Errorf("%v: the server sends %d at once", r, mss)
		}
		if slices.Contains(o.Without, optionMSS) && mss != defaultMSS(r.family) {
			t.Errorf("%v: the server sends %d at once", r, mss)
		}
	}
}

// matrixPresets configure what the servers are, so that nothing of them has to be learned.
func matrixPresets(shift uint8) string {
	var b strings.Builder
	for i, s := range matrixStances() {
		says := fmt.Sprintf("wscale %d", shift)
		if slices.Contains(s.Without, optionWscale) {
			says = "no-wscale"
		}
		all := []string{says}
		for knob, not := range map[string]bool{"ecn": s.NoECN, "sack": slices.Contains(s.Without, optionSACK),
			"timestamps": slices.Contains(s.Without, optionTimestamps)} {
			all = append(all, map[bool]string{true: "no-"}[not]+knob)
		}
		for port := matrixPort + 2*i; port <= matrixPort+2*i+1; port++ {
			for address, mss := range map[string]int{lab.ServerAddr4: 1460, lab.ServerAddr6: 1440} {
				for _, each := range append(all, fmt.Sprintf("mss %d", mss)) {
					fmt.Fprintf(&b, "set security flow syn-cookie server-profile %s port %d %s\n", address, port, each)
				}
			}
		}
	}
	return b.String()
}

func TestOptionsAreThoseOfADirectConnection(t *testing.T) {
	rows := matrixRows()
	t.Run("over a bridge", func(t *testing.T) {
		t.Parallel()
		w := lab.BridgeForTest(t, lab.WireOptions{})
		stripMSS(t, w)
		server := startTalkServer(t, w, matrixPorts()...)
		direct := runRows(t, w, server, rows)
		wantOffered(t, rows, direct)
		wantRows(t, rows, direct, runRows(t, w, server, rows), row.sameEnds)
	})
	t.Run("spliced", func(t *testing.T) {
		t.Parallel()
		w := lab.WireForTest(t, lab.WireOptions{})
		stripMSS(t, w)
		server := startTalkServer(t, w, matrixPorts()...)
		d := startDaemon(t, w, configuration{attack: 500_000}, noLearning)
		direct := runRows(t, w, server, rows)
		wantOffered(t, rows, direct)
		d.mustCommit(t, configuration{attack: 500_000, always: true})
		before := d.status(t)
		got := runRows(t, w, server, rows)
		wantSpliced(t, d, before, uint64(len(rows)))
		wantRows(t, rows, direct, got, row.splicedEnds)
		t.Logf("%d rows", len(rows))
	})
	t.Run("spliced from the first on, by presets", func(t *testing.T) {
		t.Parallel()
		w := lab.BridgeForTest(t, lab.WireOptions{})
		stripMSS(t, w)
		server := startTalkServer(t, w, matrixPorts()...)
		direct := runRows(t, w, server, rows)
		if err := w.LeaveBridge(t.Context()); err != nil {
			t.Fatal(err)
		}
		d := startDaemon(t, w, configuration{attack: 500_000}, noLearning)
		// the first row's client has all options
		text := configuration{attack: 500_000, always: true}.String() + matrixPresets(direct[0].Client.TheirShift)
		if err := d.commit(t, text); err != nil {
			t.Fatal(err)
		}
		before := d.status(t)
		got := runRows(t, w, server, rows)
		wantSpliced(t, d, before, uint64(len(rows)))
		wantRows(t, rows, direct, got, row.splicedEnds)
	})
}
