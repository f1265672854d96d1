package e2e

import (
	"encoding/hex"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"synscreen/pkg/dataplane"
	"synscreen/test/lab"
)

const webPort, closedPort = 80, 81

// The flood of one listener is nobody else's: who comes to it is challenged and gets in, other listeners
// answer for themselves, and a closed port refuses.
func TestFloodOfAHostsListenerKeepsNobodyOutAndLeavesTheOthersAlone(t *testing.T) {
	t.Parallel()
	const rounds, seconds = 50, 5
	w := hostLab(t)
	startContent(t, w)
	startNginx(t, w)
	told, path := listenEvents(t, w)
	d := startDaemon(t, w, hostConfig{}, "--syslog", path)
	flood := floodHost(t, w, contentPort, hostRate, seconds)
	d.waitHostChallenges(t)

	before, valid := d.hostCounts(t), zone(t, d.status(t), hostZone).CookiesValid
	knockTimes(t, w, rounds, serverAddress(4, contentPort))
	after := d.hostCounts(t)
	if after.admitted-before.admitted != rounds || zone(t, d.status(t), hostZone).CookiesValid-valid != rounds {
		t.Errorf("of %d connections to the flooded listener: before %+v, after %+v", rounds, before, after)
	}
	if after.calm != before.calm || after.cookiesSent != before.cookiesSent {
		t.Errorf("SYNs to the flooded listener came to the kernel: before %+v, after %+v", before, after)
	}
	knockTimes(t, w, rounds, serverAddress(4, webPort), serverAddress(6, contentPort))
	others := d.hostCounts(t)
	if passed := others.calm - after.calm; passed != 2*rounds || others.admitted != after.admitted {
		t.Errorf("of %d connections to other listeners %d passed: %+v", 2*rounds, passed, others)
	}
	for range rounds {
		_, err := w.Curl(t.Context(), lab.URL(4, closedPort, "/"), 3)
		wantRefused(t, err)
	}
	if now := d.hostCounts(t); now.noListener-others.noListener != rounds {
		t.Errorf("of %d SYNs to a closed port %d are counted", rounds, now.noListener-others.noListener)
	}
	d.wantOneFlooded(t)
	if _, err := flood.Result(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"SYN flood began", "SYN flood ended"} {
		got := told.wait(t, text, "").fields
		if got["destination-address"] != lab.ServerAddr4 || got["destination-port"] != strconv.Itoa(contentPort) ||
			got["source-zone-name"] != hostZone {
			t.Errorf("told of another flood: %s: %v", text, got)
		}
	}
	if _, again, err := told.take("SYN flood began", ""); again || err != nil {
		t.Errorf("told of a second flood, %v", err)
	}
}

// wantOneFlooded asserts that one destination is shown as flooding: the listener that is.
func (d *daemon) wantOneFlooded(t testing.TB) {
	t.Helper()
	shown := d.flooded(t)
	if len(shown.Destinations) != 1 || shown.Destinations[0].Address.String() != serverAddress(4, contentPort) ||
		!shown.Destinations[0].Flooding {
		t.Errorf("shown as flooding: %+v", shown.Destinations)
	}
	d.wantSaid(t, "show security flow syn-cookie", "Host port", lab.EndDev, serverAddress(4, contentPort))
	d.wantSaid(t, "show ports", "host", lab.EndDev)
}

// wantRefused asserts that curl was refused, and at once: not by silence.
func wantRefused(t testing.TB, err error) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), "refused") && !strings.Contains(err.Error(), "Failed to connect") {
		t.Errorf("a closed port answers %v, want a refusal", err)
	}
}

// A dry run of a host: the kernel gets all of it.
func TestAlarmWithoutDropOfAHostCountsAndLogsAFloodAndTakesNoneOfIt(t *testing.T) {
	t.Parallel()
	const seconds, connections = 3, 20
	w := hostLab(t)
	startContent(t, w)
	told, path := listenEvents(t, w)
	d := startDaemon(t, w, hostConfig{dry: true}, "--syslog", path)
	flood := floodHost(t, w, contentPort, hostRate, seconds)
	began := told.wait(t, "SYN flood began", lab.ServerAddr4).fields
	knockTimes(t, w, connections, serverAddress(4, contentPort))
	d.wantOneFlooded(t)
	result, err := flood.Result(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := d.hostCounts(t)
	if got.challenged != 0 || got.toEngine != 0 || got.admitted != 0 || got.invalid != 0 {
		t.Errorf("in a dry run: %+v", got)
	}
	if syns := result.Sent + connections; got.calm+got.punted != syns || got.punted < syns-2*hostAttack {
		t.Errorf("of %d SYNs %d passed in calm and %d in the flood", syns, got.calm, got.punted)
	}
	if z := zone(t, d.status(t), hostZone); z.Attacks != 1 || z.Challenged < result.Sent-2*hostAttack {
		t.Errorf("of a flood of %d SYNs is counted: %+v", result.Sent, z)
	}
	end := told.wait(t, "SYN flood ended", lab.ServerAddr4).fields
	if began["action"] != "alarm-without-drop" {
		t.Errorf("told %v, want the action alarm-without-drop", began)
	}
	// from when it was listed on
	if n, err := strconv.ParseUint(end["syn-count"], 10, 64); err != nil || n < result.Sent/2 {
		t.Errorf("told %v of a flood of %d SYNs", end, result.Sent)
	}
}

// Where the kernel admits nobody by a cookie, the mode that is not set is drop: the excess alone is dropped.
func TestHostWhoseKernelAdmitsNobodyDropsTheExcess(t *testing.T) {
	t.Parallel()
	const seconds = 3
	w := hostLab(t)
	startContent(t, w)
	if err := w.Server.Sysctl(t.Context(), "net.ipv4.tcp_syncookies=0"); err != nil {
		t.Fatal(err)
	}
	d := startDaemon(t, w, hostConfig{unset: true})
	if s := d.status(t); s.Mode != dataplane.ModeDrop {
		t.Fatalf("mode %v runs, want drop", s.Mode)
	}
	err := d.commit(t, hostConfig{}.String())
	for _, text := range []string{"net.ipv4.tcp_syncookies is 0", "safe-reset"} {
		if err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("syn-cookie without what it needs: %v, want %q", err, text)
		}
	}
	first := monotonicSecond(t)
	result, err := floodHost(t, w, contentPort, hostRate, seconds).Result(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	windows := uint64(monotonicSecond(t) - first + 1)
	s := d.status(t)
	passed, dropped := frames(t, s, lab.EndDev, "shim_host_calm"), frames(t, s, lab.EndDev, "shim_host_dropped_flood")
	if passed+dropped != result.Sent || passed > windows*(hostAttack-1) || passed < (seconds-1)*(hostAttack-1) {
		t.Errorf("of %d SYNs %d passed and %d were dropped, want %d a second to pass", result.Sent, passed, dropped, hostAttack-1)
	}
	if n := frames(t, s, lab.EndDev, "reply_challenge"); n != 0 {
		t.Errorf("%d challenges were sent", n)
	}
	d.wantSaid(t, "show capabilities", "net.ipv4.tcp_syncookies is 0")
}

// ACKs that answer nothing, to a listener that floods: they are dropped, and nothing is kept of them.
func TestInvalidACKsToAFloodingListenerAreDroppedAndTakeNoMemory(t *testing.T) {
	t.Parallel()
	const growthKB, acks, lasting = 2048, 20_000, 30
	w := hostLab(t)
	startContent(t, w)
	d := startDaemon(t, w, hostConfig{})
	sendACKs(t, w, acks/10)
	d.wait(t, "RSTs of the kernel", func() (bool, error) { return tcpCounters(t, w.Server)["TcpOutRsts"] > acks/20, nil })
	if got := d.hostCounts(t); got.invalid != 0 {
		t.Errorf("ACKs in calm are counted as invalid: %+v", got)
	}
	floodHost(t, w, contentPort, hostRate, lasting)
	d.waitHostChallenges(t)
	sendACKs(t, w, acks/10) // whatever they touch at all
	before, memory, resets := d.hostCounts(t), d.residentKB(t), tcpCounters(t, w.Server)["TcpOutRsts"]
	sendACKs(t, w, acks)
	after := d.waitCounts(t, "most of the ACKs", func(c hostCounts) bool { return c.invalid-before.invalid > acks*9/10 })
	if now := tcpCounters(t, w.Server)["TcpOutRsts"]; now != resets {
		t.Errorf("the kernel got %d of the ACKs", now-resets)
	}
	if after.admitted != 0 || after.kernelCookies != 0 {
		t.Errorf("of stray ACKs some were taken: %+v", after)
	}
	if grown := d.residentKB(t) - memory; grown > growthKB {
		t.Errorf("resident memory grew by %d kB for %d ACKs", grown, acks)
	}
	knockTimes(t, w, 10, serverAddress(4, contentPort))
}

// A cookie outlives the state in which it was minted: the kernel's own last ones are taken after flooding was
// entered, and ours after it was left.
func TestCookiesThatWereMintedBeforeAChangeOfStateAreTakenAfterIt(t *testing.T) {
	t.Parallel()
	const seconds = 20
	w := hostLab(t)
	startContent(t, w)
	d := startDaemon(t, w, hostConfig{activation: "kernel", passive: 3600, flood: 1}) // it is not asked for long
	knockTimes(t, w, 1, serverAddress(4, contentPort))                                // but now
	flood := floodHost(t, w, contentPort, hostRate, seconds)
	d.waitCounts(t, "cookies of the kernel", func(c hostCounts) bool { return c.cookiesSent > 0 })
	kernels := startHeldBack(t, d)
	d.mustCommit(t, hostConfig{}) // which floods
	d.waitHostChallenges(t)
	before := d.hostCounts(t)
	kernels.release(t)
	kernels.wantAnswer(t)
	if after := d.hostCounts(t); after.kernelCookies != before.kernelCookies+1 || after.cookiesReceived != before.cookiesReceived+1 {
		t.Errorf("a cookie of the kernel: before %+v, after %+v", before, after)
	}

	ours := startHeldBack(t, d)
	if err := flood.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	d.wait(t, "calm", func() (bool, error) {
		s, err := d.client.Status(t.Context())
		return err == nil && !hostFloods(t, s), err
	})
	before = d.hostCounts(t)
	ours.release(t)
	ours.wantAnswer(t)
	if after := d.hostCounts(t); after.admitted != before.admitted+1 || after.challenged != before.challenged {
		t.Errorf("a cookie of ours: before %+v, after %+v", before, after)
	}
}

// held is a client whose SYN was answered, and whose own answer is kept back.
type held struct {
	*lab.Process
	release func(t testing.TB)
}

// startHeldBack starts one over IPv4 and waits until its SYN has been answered, as the client's kernel sees it.
func startHeldBack(t testing.TB, d *daemon) held {
	t.Helper()
	release, err := d.lab.Hold(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p, err := d.lab.Client.Start(curl("-m", "20", bytesURL(4, 1000), "-o", "/dev/null", "-w", "%{http_code}")...)
	if err != nil {
		t.Fatal(err)
	}
	d.wait(t, "a connection of the client", func() (bool, error) {
		out, err := d.lab.Client.Run(t.Context(), "ss", "-Htn", "state", "established")
		return strings.Contains(out, strconv.Itoa(contentPort)), err
	})
	return held{p, func(t testing.TB) {
		t.Helper()
		if err := release(t.Context()); err != nil {
			t.Fatal(err)
		}
	}}
}

func (h held) wantAnswer(t testing.TB) {
	t.Helper()
	if err := h.Wait(t.Context()); err != nil || h.Stdout() != "200" {
		t.Errorf("%v: %q", err, h.Stdout())
	}
}

// sendACKs has the attacker send ACKs that answer nothing, each from another address and port.
func sendACKs(t testing.TB, w *lab.WireLab, n int) {
	t.Helper()
	var lines strings.Builder
	for i := range n {
		lines.WriteString(hex.EncodeToString(strayACK(t, i)) + "\n")
	}
	file := filepath.Join(w.Dir(), "acks")
	if err := os.WriteFile(file, []byte(lines.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := w.Attacker.StartRole("send", lab.EndDev, file)
	if err == nil {
		err = p.Wait(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// strayACK is a bare ACK to the content server from the spoofed prefix.
func strayACK(t testing.TB, i int) []byte {
	t.Helper()
	from, to := mac(t, lab.AttackerMAC), mac(t, lab.ServerMAC)
	ip := &layers.IPv4{Version: 4, TTL: 64, Protocol: layers.IPProtocolTCP,
		SrcIP: net.IPv4(198, 18, 200, byte(i)), DstIP: net.ParseIP(lab.ServerAddr4)}
	tcp := &layers.TCP{SrcPort: layers.TCPPort(1024 + i/256), DstPort: contentPort, ACK: true, Window: 500,
		Seq: uint32(i) * 2654435761, Ack: uint32(i) * 2246822519}
	if err := tcp.SetNetworkLayerForChecksum(ip); err != nil {
		t.Fatal(err)
	}
	buffer := gopacket.NewSerializeBuffer()
	err := gopacket.SerializeLayers(buffer, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true},
		&layers.Ethernet{SrcMAC: from, DstMAC: to, EthernetType: layers.EthernetTypeIPv4}, ip, tcp)
	if err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

func mac(t testing.TB, text string) net.HardwareAddr {
	t.Helper()
	address, err := net.ParseMAC(text)
	if err != nil {
		t.Fatal(err)
	}
	return address
}
