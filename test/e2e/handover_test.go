package e2e

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"synscreen/pkg/control"
	"synscreen/pkg/dataplane"
	"synscreen/test/lab"
)

// What goes on while a daemon is restarted: for longer than that takes on any machine.
const (
	patientSize = 64 * mega
	patientRate = mega
)

// patients are connections that are to outlive a restart.
type patients struct {
	downloads []*download
	uploads   []*lab.Process
	idle      []*lab.Process
}

// startPatients starts a download, an upload, and two idle connections over each family. The first
// connection to each server is not challenged, the others are: two of the idle ones are not spliced.
func startPatients(t testing.TB, w *lab.WireLab, d *daemon) (p patients, spliced uint64) {
	t.Helper()
	before := d.status(t)
	for _, family := range families {
		if err := fetch(t.Context(), w, family, 1); err != nil {
			t.Fatal(err)
		}
		p.idle = append(p.idle, startGreeted(t, w, family), startGreeted(t, w, family))
		p.downloads = append(p.downloads, startDownloadOf(t, w, family, patientSize, patientRate))
		p.uploads = append(p.uploads, startUpload(t, w, family, patientSize, patientRate))
		spliced += 3
	}
	wantSpliced(t, d, before, spliced)
	return p, spliced
}

// wantComplete asserts that all have gone on until now, and that nothing is missing in the end.
func (p patients) wantComplete(t testing.TB) {
	t.Helper()
	for _, idle := range p.idle {
		wantGoesOn(t, idle, "still there?")
	}
	for _, download := range p.downloads {
		download.wantComplete(t)
	}
	for _, upload := range p.uploads {
		wantGoesOn(t, upload, lab.ContentSum(patientSize))
	}
}

// flowsByState counts the flows of a daemon.
func flowsByState(t testing.TB, d *daemon) map[dataplane.FlowState]uint64 {
	t.Helper()
	var report control.FlowReport
	d.show(t, &report, "security", "flow", "session", "--summary")
	counts := map[dataplane.FlowState]uint64{}
	for _, row := range report.States {
		counts[row.State] = row.Flows
	}
	return counts
}

// tcpCounters reads the counters of an end's TCP.
func tcpCounters(t testing.TB, n *lab.Namespace) map[string]uint64 {
	t.Helper()
	out, err := n.Run(t.Context(), "nstat", "-saz", "Tcp*")
	if err != nil {
		t.Fatal(err)
	}
	counters := map[string]uint64{}
	for line := range strings.Lines(out) {
		var name string
		var value uint64
		if _, err := fmt.Sscanf(line, "%s %d", &name, &value); err == nil {
			counters[name] = value
		}
	}
	return counters
}

// waitNoticed waits until both ends have sent data again that nobody has acknowledged.
func waitNoticed(t testing.TB, w *lab.WireLab, before map[*lab.Namespace]map[string]uint64) {
	t.Helper()
	err := lab.WaitFor(t.Context(), "retransmissions from both ends", startLimit, func() (bool, error) {
		for end, counters := range before {
			if tcpCounters(t, end)["TcpRetransSegs"] < counters["TcpRetransSegs"]+4 {
				return false, nil
			}
		}
		return true, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestConnectionsOutliveARestart(t *testing.T) {
	t.Parallel()
	for _, closed := range []bool{false, true} {
		t.Run(map[bool]string{false: "open", true: "closed"}[closed], func(t *testing.T) {
			t.Parallel()
			wantOutlived(t, configuration{always: true, closed: closed, servers: []string{}})
		})
	}
}

func wantOutlived(t *testing.T, c configuration) {
	w := lab.WireForTest(t, lab.WireOptions{})
	startContent(t, w)
	d := startDaemon(t, w, c, noLearning)
	patients, spliced := startPatients(t, w, d)
	flows := flowsByState(t, d)
	if flows[dataplane.FlowSpliced] != spliced || flows[dataplane.FlowOpen] < 2 {
		t.Fatalf("flows before the restart: %v", flows)
	}
	bridged := countBridged(t, w)
	before := map[*lab.Namespace]map[string]uint64{w.Client: tcpCounters(t, w.Client), w.Server: tcpCounters(t, w.Server)}
	began := time.Now()
	d.stop(t)
	stopped := time.Now()
	// so that each end has had what the other sent to a daemon that was not there
	waitNoticed(t, w, before)
	if carried := !strings.Contains(bridged(), "packets 0 "); carried == c.closed {
		t.Errorf("frames went over the bridge meanwhile: %v", carried)
	}
	noticed := time.Now()
	d = startDaemon(t, w, c, noLearning)
	t.Logf("the daemon ended in %v, the next one ran after %v", stopped.Sub(began), time.Since(noticed))
	got := d.status(t).Handover
	if got.Result != dataplane.HandoverTaken || got.Flows < spliced+2 || got.Left != 0 || got.Servers < 4 {
		t.Errorf("handover %+v", got)
	}
	if again := flowsByState(t, d); again[dataplane.FlowSpliced] != spliced || again[dataplane.FlowOpen] < 2 {
		t.Errorf("flows %v after the restart, %v before", again, flows)
	}
	for _, download := range patients.downloads {
		download.waitMore(t, mega/2)
	}
	wantNoResets(t, before)
	patients.wantComplete(t)
	if n := frames(t, d.status(t), lab.OuterDev, "forward_learning"); n != 0 {
		t.Errorf("%d segments were of connections to be learned", n)
	}
}

// wantNoResets asserts that no end has reset a connection, and logs how they took what was not for them.
func wantNoResets(t testing.TB, before map[*lab.Namespace]map[string]uint64) {
	t.Helper()
	for end, counters := range before {
		after := tcpCounters(t, end)
		more := func(name string) uint64 { return after[name] - counters[name] }
		t.Logf("%s: %d segments sent again, %d challenge ACKs, %d left out, %d too old by their timestamps", end.Name,
			more("TcpRetransSegs"), more("TcpExtTCPChallengeACK"), more("TcpExtTCPACKSkippedChallenge"),
			more("TcpExtPAWSEstab"))
		if n := more("TcpOutRsts"); n != 0 {
			t.Errorf("%s: sent %d resets", end.Name, n)
		}
	}
}

// handoverFile is what a daemon that ended has left to the next one.
func (d *daemon) handoverFile() string { return filepath.Join(d.state, "flows.handover") }

func TestDamagedHandoverIsRefusedAndTheWireRuns(t *testing.T) {
	t.Parallel()
	w := lab.WireForTest(t, lab.WireOptions{})
	startContent(t, w)
	c := configuration{always: true, servers: []string{}}
	d := startDaemon(t, w, c, noLearning)
	d.stop(t)
	text, err := os.ReadFile(d.handoverFile())
	if err != nil {
		t.Fatal(err)
	}
	text[len(text)/2] ^= 1
	if err := os.WriteFile(d.handoverFile(), text, 0o600); err != nil {
		t.Fatal(err)
	}
	d = startDaemon(t, w, c, noLearning)
	if got := d.status(t).Handover; got.Result != dataplane.HandoverDamaged || got.Flows != 0 {
		t.Errorf("handover %+v", got)
	}
	if _, err := os.Stat(d.handoverFile()); err == nil {
		t.Error("the refused file is still there")
	}
	before := d.status(t)
	for range 2 { // the first is not challenged
		if err := fetch(t.Context(), w, 4, mega); err != nil {
			t.Error(err)
		}
	}
	wantSpliced(t, d, before, 1)
	d.wait(t, "a word about it", func() (bool, error) {
		return strings.Contains(d.Stderr(), "flows.handover reason=damaged"), nil
	})
}

func TestHandoverIsForTheOwnerAloneAndDetachTakesItAway(t *testing.T) {
	t.Parallel()
	w := lab.WireForTest(t, lab.WireOptions{})
	d := startDaemon(t, w, configuration{}, noLearning)
	d.stop(t)
	info, err := os.Stat(d.handoverFile())
	if err != nil || info.Mode() != fs.FileMode(0o600) {
		t.Errorf("%v, error %v: want mode 0600", info, err)
	}
	if !strings.Contains(d.Stderr(), "flows handed over to the next daemon") {
		t.Errorf("last words: %s", d.Stderr())
	}
	d.detach(t)
	if left, err := filepath.Glob(d.handoverFile() + "*"); err != nil || len(left) != 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

func TestKilledDaemonLeavesNoHandover(t *testing.T) {
	t.Parallel()
	w := lab.WireForTest(t, lab.WireOptions{})
	d := startDaemon(t, w, configuration{}, noLearning)
	d.stop(t)
	d = startDaemon(t, w, configuration{}, noLearning) // takes away what the first has left
	if got := d.status(t).Handover.Result; got != dataplane.HandoverTaken {
		t.Errorf("handover %s", got)
	}
	d.signal(t, syscall.SIGKILL)
	if left, err := filepath.Glob(d.handoverFile() + "*"); err != nil || len(left) != 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}
