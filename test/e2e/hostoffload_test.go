package e2e

import (
	"runtime"
	"strconv"
	"strings"
	"testing"

	"synscreen/pkg/dataplane"
	"synscreen/test/lab"
)

// hostWork waits until the driver of the host port, or the engine, has answered so many more SYNs than before.
func (d *daemon) hostWork(t testing.TB, what string, work func(dataplane.PortStatus) dataplane.Work) {
	t.Helper()
	before := work(port(d.status(t), lab.EndDev)).Challenges
	d.waitStatus(t, "challenges by the "+what, func(s dataplane.Status) bool {
		return work(port(s, lab.EndDev)).Challenges > before+lightRate/2
	})
}

func startShortFlood(t testing.TB, w *lab.WireLab, family, seconds int, flags string) *lab.Flood {
	t.Helper()
	f, err := w.StartFlood(lab.FloodOptions{Family: family, Ports: strconv.Itoa(contentPort), Rate: lightRate,
		Seconds: seconds, Flags: flags})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// In a flood the driver answers nearly all; the first SYNs of each second are the engine's.
func TestDriverAnswersTheFloodOfAHostPort(t *testing.T) {
	t.Parallel()
	w := lab.HostForTest(t, lab.WireOptions{})
	startContent(t, w)
	d := startDaemon(t, w, hostPort(configuration{offload: "driver", attack: 100}))
	const streak = 8 // challenges that a processor's program counts at once, at most
	before := d.hostState(t)
	var floods []*lab.Flood
	for _, family := range families {
		floods = append(floods, startShortFlood(t, w, family, 4, ""))
	}
	d.hostWork(t, "driver", dataplane.PortStatus.DriverWork)
	for range 5 {
		fetchBoth(t, w)
	}
	for _, f := range floods {
		if _, err := f.Result(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	fetchBoth(t, w) // what is gathered goes to the meters at the port's next frame
	after := d.hostState(t)
	p := port(after.engine, lab.EndDev)
	if driver, engine := p.DriverWork().Challenges, p.EngineWork().Challenges; driver < 5*engine || engine == 0 {
		t.Errorf("the driver has answered %d SYNs and the engine %d", driver, engine)
	}
	challenged := zone(t, after.engine, "untrust").Challenged - zone(t, before.engine, "untrust").Challenged
	// but for those of other processors, which have had no frame since
	sent, gathered := after.grown(t, before, "reply_challenge"), uint64(streak*runtime.NumCPU())
	if challenged > sent || challenged+gathered < sent {
		t.Errorf("the zone has %d challenges, its port has sent %d", challenged, sent)
	}
	if p.Offload != dataplane.OffloadAnswer|dataplane.OffloadCheck || p.OffloadReason != "" {
		t.Errorf("the driver does %q: %s", p.Offload, p.OffloadReason)
	}
}

// What belongs to no connection and carries no valid cookie ends in the driver, nine in ten at least of a storm
// that begins and ends: of SYN-ACKs, which the kernel would answer, hardly one is answered.
func TestDriverDropsWhatIsForgedToAFloodedHostPort(t *testing.T) {
	t.Parallel()
	w := lab.HostForTest(t, lab.WireOptions{})
	startContent(t, w)
	d := startDaemon(t, w, hostPort(configuration{offload: "driver"}))
	startHostFloods(t, w, d, contentPort, families...)
	transfer := startDownload(t, w)
	resets := tcpCounters(t, w.Server)["TcpOutRsts"]
	for _, flags := range []string{"ack", "rst", "syn-ack"} {
		for _, family := range families {
			before := port(d.status(t), lab.EndDev).DriverWork().InvalidCookies
			f := startShortFlood(t, w, family, 1, flags)
			fetchBoth(t, w)
			sent, err := f.Result(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			after := port(d.status(t), lab.EndDev).DriverWork().InvalidCookies
			if after-before < sent.Sent*9/10 {
				t.Errorf("IPv%d, %s: of %d the driver has dropped %d", family, flags, sent.Sent, after-before)
			}
		}
	}
	transfer.waitMore(t, 5*mega)
	transfer.wantComplete(t)
	if n := tcpCounters(t, w.Server)["TcpOutRsts"] - resets; n > lightRate/10 {
		t.Errorf("the kernel has sent %d resets", n)
	}
}

func TestOffloadEngineLeavesAHostPortToTheEngine(t *testing.T) {
	t.Parallel()
	w := lab.HostForTest(t, lab.WireOptions{})
	startContent(t, w)
	d := startDaemon(t, w, hostPort(configuration{offload: "engine"}))
	startHostFloods(t, w, d, contentPort, families...)
	d.hostWork(t, "engine", dataplane.PortStatus.EngineWork)
	fetchBoth(t, w)
	p := port(d.status(t), lab.EndDev)
	if p.Offload != 0 || p.OffloadReason != "" || p.DriverWork() != (dataplane.Work{}) {
		t.Errorf("the driver does %q (%s), and has done %+v", p.Offload, p.OffloadReason, p.DriverWork())
	}
}

// Where the far end takes nothing of the driver the engine answers, until it does; and again when it does not
// any more.
func TestHostPortIsTheEnginesWhileItsFarEndTakesNothingOfTheDriver(t *testing.T) {
	t.Parallel()
	w := lab.HostForTest(t, lab.WireOptions{NoNAPI: true})
	startContent(t, w)
	d := startDaemon(t, w, hostPort(configuration{offload: "auto"}))
	err := d.commit(t, hostPort(configuration{offload: "driver"}).String())
	if err == nil || !strings.Contains(err.Error(), "driver needs answer on "+lab.EndDev+": no: ") ||
		!strings.Contains(err.Error(), "the far end of a veth pair needs NAPI") {
		t.Errorf("offload driver: %v", err)
	}
	startHostFloods(t, w, d, contentPort, families...)
	d.hostWork(t, "engine", dataplane.PortStatus.EngineWork)
	if p := port(d.status(t), lab.EndDev); p.Offload != dataplane.OffloadCheck || p.OffloadReason == "" {
		t.Errorf("the driver does %q: %q", p.Offload, p.OffloadReason)
	}
	if err := w.LAN.Ethtool(t.Context(), "wire", "gro", "on"); err != nil {
		t.Fatal(err)
	}
	d.hostWork(t, "driver", dataplane.PortStatus.DriverWork)
	fetchBoth(t, w)
	if err := w.LAN.Ethtool(t.Context(), "wire", "gro", "off"); err != nil {
		t.Fatal(err)
	}
	d.waitStatus(t, "the driver to be left", func(s dataplane.Status) bool {
		return port(s, lab.EndDev).Offload == dataplane.OffloadCheck
	})
	d.hostWork(t, "engine", dataplane.PortStatus.EngineWork)
	fetchBoth(t, w)
}
