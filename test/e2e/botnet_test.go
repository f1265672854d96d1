package e2e

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"synscreen/pkg/control"
	"synscreen/pkg/dataplane"
	"synscreen/test/lab"
)

// Bots have real addresses, each in a /24 of its own, and complete their handshakes: at the clients' service,
// and at others of the server, where a reset admits and no server has to answer.
const (
	bots       = 10_000
	botsPrefix = "10.0.0.0/8"
	firstBot   = "10.0.0.1"
	botsStep   = 256

	otherPorts = 7 // from firstOther on: enough for more clients than there are entries
	firstOther = 9001

	clients4, clients6 = 80, 20 // that are validated before
	coming4, coming6   = 20, 5  // that come when the table is full
)

// addBots gives the client's machine the bots' addresses, and the server the way to them.
func addBots(t testing.TB, w *lab.WireLab) {
	t.Helper()
	err := w.Client.IP(t.Context(), "route add local "+botsPrefix+" dev lo")
	if err == nil {
		err = w.Server.IP(t.Context(), w.RouteToClient(botsPrefix))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// botConfiguration splices clients of the service, and resets those of the other ports.
func botConfiguration() configuration {
	c := configuration{always: true, servers: append(serverNetworks(), "203.0.113.0/24 sack"), validated: 600}
	for port := firstOther; port < firstOther+otherPorts; port++ {
		c.servers = append(c.servers, fmt.Sprintf("203.0.113.0/24 port %d admission reset", port))
	}
	return c
}

// moment is who of the lab's clients was validated at a time, and for how long yet.
type moment struct {
	asked, told time.Time
	left        map[netip.Addr]time.Duration
}

// validatedClients are those whose addresses a flood would spoof, and no bots.
func (d *daemon) validatedClients(t testing.TB) moment {
	t.Helper()
	m := moment{asked: time.Now(), left: map[netip.Addr]time.Duration{}}
	for _, prefix := range []string{lab.SpoofedPrefix4, lab.SpoofedPrefix6} {
		query := control.ValidatedQuery{Client: netip.MustParsePrefix(prefix)}
		report, err := d.client.Validated(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range report.Clients {
			m.left[row.Client] = row.Left
		}
	}
	m.told = time.Now()
	return m
}

// wantUntouched asserts that everybody who was validated still is, and will be to the same time as before.
func (m moment) wantUntouched(t testing.TB, now moment) {
	t.Helper()
	const rounding = time.Millisecond
	shortest, longest := now.asked.Sub(m.told), now.told.Sub(m.asked)
	for client, was := range m.left {
		passed := was - now.left[client]
		if passed < shortest-rounding || passed > longest+rounding {
			t.Errorf("%s has %v left, had %v %v to %v ago", client, now.left[client], was, shortest, longest)
		}
	}
}

// fillTable has bots connect until there is no room for more.
func fillTable(t testing.TB, w *lab.WireLab, d *daemon) {
	t.Helper()
	before, began := d.status(t).Validated, time.Now()
	ports := []int{contentPort}
	for port := firstOther; port < firstOther+otherPorts; port++ {
		ports = append(ports, port)
	}
	opened := herd{lab.ServerAddr4, firstBot, botsStep, bots, ports}.run(t, w)
	s := d.status(t).Validated
	inserted, refused := s.Inserted-before.Inserted, s.Refused-before.Refused
	t.Logf("%d bots in %v, %d connections not reset: %d validated, %d refused, of %d entries", bots, time.Since(began), opened,
		inserted, refused, s.Capacity)
	if inserted+refused < uint64(bots*(1+otherPorts))*9/10 || s.Inserted < s.Capacity*9/10 || refused == 0 {
		t.Errorf("the table is not full")
	}
}

func TestABotnetWithRealAddressesTakesNoClientsPlace(t *testing.T) {
	t.Parallel()
	w := lab.WireForTest(t, lab.WireOptions{Clients: clients4 + coming4})
	startContent(t, w)
	addBots(t, w)
	d := startDaemon(t, w, botConfiguration(), noLearning)
	legitimate := func() {
		t.Helper()
		opened := herd{lab.ServerAddr4, lab.ClientAddr4(0), 1, clients4, []int{contentPort}}.run(t, w) +
			herd{lab.ServerAddr6, lab.ClientAddr6(0), 1, clients6, []int{contentPort}}.run(t, w)
		if opened != clients4+clients6 {
			t.Errorf("%d of %d clients were connected", opened, clients4+clients6)
		}
	}
	legitimate()
	before := d.validatedClients(t)
	if len(before.left) != clients4+clients6 {
		t.Fatalf("%d of %d clients are validated", len(before.left), clients4+clients6)
	}
	fillTable(t, w, d)
	before.wantUntouched(t, d.validatedClients(t))

	passed := frames(t, d.status(t), lab.OuterDev, "forward_syn_validated")
	legitimate()
	now := frames(t, d.status(t), lab.OuterDev, "forward_syn_validated")
	if now-passed != clients4+clients6 {
		t.Errorf("%d SYNs of %d validated clients passed unchallenged", now-passed, clients4+clients6)
	}
	wantNewcomers(t, w, d)
}

// wantNewcomers has clients come who find the table full: a challenge each, and they have their page.
func wantNewcomers(t testing.TB, w *lab.WireLab, d *daemon) {
	t.Helper()
	before := d.status(t)
	for family, come := range map[int][2]int{4: {clients4, coming4}, 6: {clients6, coming6}} {
		for i := range come[1] {
			if v := getPage(t, w, family, come[0]+i); v.tries != 1 {
				t.Errorf("a client that came later needed %d tries, IPv%d", v.tries, family)
			}
		}
	}
	const come = coming4 + coming6
	d.waitStatus(t, "splices of those who came later", func(s dataplane.Status) bool {
		return s.Splices.Opened-before.Splices.Opened >= come
	})
	s := d.status(t)
	if n := s.Splices.Opened - before.Splices.Opened; n != come {
		t.Errorf("%d connections were spliced, want %d", n, come)
	}
}
