package e2e

import (
	"strconv"
	"strings"
	"testing"

	"synscreen/pkg/dataplane"
	"synscreen/test/lab"
)

// drops sums what a port's frames were dropped for.
func drops(t testing.TB, s dataplane.Status, port string) (sum uint64) {
	t.Helper()
	for _, p := range s.Ports {
		for _, r := range fates(p) {
			if p.Interface == port && r.Verdict == dataplane.Drop {
				sum += r.Frames
			}
		}
	}
	return sum
}

// A dry run: the flood is noticed, counted and told as if, and every frame of it goes on to the server; nobody
// is challenged, nobody dropped.
func TestAlarmWithoutDropCountsAndLogsAFloodAndForwardsAllOfIt(t *testing.T) {
	t.Parallel()
	const seconds, connections = 3, 20
	// so many at most begin a second in calm, and so many did before in the second that was not whole
	const calm = 2 * 200
	w := lab.WireForTest(t, lab.WireOptions{})
	startContent(t, w)
	told, path := listenEvents(t, w)
	d := startDaemon(t, w, configuration{dry: true, stock: true}, noLearning, "--syslog", path)
	arrived := received(t, w.Server)
	flood, err := w.StartFlood(lab.FloodOptions{Ports: strconv.Itoa(contentPort), Rate: lightRate, Seconds: seconds})
	if err != nil {
		t.Fatal(err)
	}
	began := told.wait(t, "SYN flood began", lab.ServerAddr4).fields
	knockTimes(t, w, connections, serverAddress(4, contentPort))
	shown := d.flooded(t)
	result, err := flood.Result(t.Context())
	if err != nil {
		t.Fatal(err)
	}

	s := d.status(t)
	for _, reason := range []string{"reply_challenge", "forward_splice_syn", "forward_syn_probe", "forward_syn_white_list"} {
		if n := frames(t, s, lab.OuterDev, reason); n != 0 {
			t.Errorf("%s is %d in a dry run", reason, n)
		}
	}
	syns := result.Sent + connections
	if passed := frames(t, s, lab.OuterDev, "forward_syn_calm") + frames(t, s, lab.OuterDev, "forward_syn_known"); passed < syns {
		t.Errorf("%d SYNs were forwarded, of %d", passed, syns)
	}
	if got := received(t, w.Server) - arrived; got < syns {
		t.Errorf("%d frames came to the server, of %d SYNs", got, syns)
	}
	if n := drops(t, s, lab.OuterDev); n != 0 {
		t.Errorf("%d frames were dropped", n)
	}
	z := zone(t, s, "untrust")
	if least := syns - calm; z.IDs[dataplane.ScreenSynFlood] < least || z.Challenged < least || z.Attacks != 1 || z.Alarms == 0 {
		t.Errorf("of %d SYNs counted %d as a flood's, %d challenges, %d attacks, %d alarms",
			syns, z.IDs[dataplane.ScreenSynFlood], z.Challenged, z.Attacks, z.Alarms)
	}
	if len(shown.Destinations) != 1 || !shown.Destinations[0].Flooding || shown.Destinations[0].Challenged == 0 {
		t.Errorf("shown %+v, want the one destination that floods", shown.Destinations)
	}
	d.wantDryRunTold(t, told, began, result.Sent-calm)
}

// wantDryRunTold asserts what the log and the command line say of it.
func (d *daemon) wantDryRunTold(t testing.TB, told *events, began map[string]string, least uint64) {
	t.Helper()
	alarm, end := told.wait(t, "SYN flood alarm", lab.ServerAddr4).fields, told.wait(t, "SYN flood ended", lab.ServerAddr4).fields
	for _, fields := range []map[string]string{began, alarm} {
		if fields["action"] != "alarm-without-drop" || fields["attack-name"] != "TCP SYN flood" {
			t.Errorf("told %v, want the action alarm-without-drop", fields)
		}
	}
	// nobody was challenged: it cannot be said what it looks like
	if n, err := strconv.ParseUint(end["syn-count"], 10, 64); err != nil || n < least || end["looks"] != "unknown" {
		t.Errorf("told %v of a flood of more than %d SYNs", end, least)
	}
	d.wantSaid(t, "show security screen ids-option web", "Alarm without drop")
	out, err := d.synscreen(t.Context(), "show", "security", "screen", "statistics", "zone", "untrust")
	if err != nil || !strings.Contains(out, "TCP SYN flood") {
		t.Errorf("show security screen statistics, %v:\n%s", err, out)
	}
}
