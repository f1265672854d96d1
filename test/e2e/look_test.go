package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopacket/gopacket/pcapgo"

	"synscreen/pkg/dataplane"
	"synscreen/test/lab"
)

// flood is one zone of `show security flow syn-cookie --json`.
type flood struct {
	Zone         dataplane.ZoneStatus    `json:"zone"`
	Destinations []dataplane.Destination `json:"destinations"`
	Sources      []dataplane.Source      `json:"sources"`
}

// flooded gives what is shown of the zone that floods.
func (d *daemon) flooded(t testing.TB) flood {
	t.Helper()
	var floods []flood
	d.show(t, &floods, "security", "flow", "syn-cookie")
	for _, f := range floods {
		if f.Zone.Flooding > 0 {
			return f
		}
	}
	t.Fatalf("no zone floods: %+v", floods)
	return flood{}
}

func TestAFloodIsShownWithItsDestinationsSourcesAndFrames(t *testing.T) {
	t.Parallel()
	w := lab.WireForTest(t, lab.WireOptions{})
	startContent(t, w) // a closed port would answer for itself
	d := startDaemon(t, w, configuration{}, noLearning)
	startLightFloods(t, w, d, contentPort, families...)

	f := d.flooded(t)
	if len(f.Destinations) != len(families) || len(f.Sources) == 0 {
		t.Errorf("%d destinations and %d sources: %+v", len(f.Destinations), len(f.Sources), f)
	}
	for _, row := range f.Destinations {
		if !row.Flooding || row.Address.Port() != contentPort || row.Challenged == 0 || row.For <= 0 ||
			row.SYNs < row.Challenged {
			t.Errorf("destination %+v", row)
		}
	}
	d.wantFramesOfAFlood(t)

	if out, err := d.synscreen(t.Context(), "clear", "security", "screen", "statistics"); err != nil {
		t.Errorf("clear: %v: %s", err, out)
	}
	if now := d.flooded(t).Zone; now.Challenged > f.Zone.Challenged {
		t.Errorf("%d challenges after the clearing, %d before", now.Challenged, f.Zone.Challenged)
	}
}

// openCapture opens a pcapng file until the test's end.
func openCapture(t testing.TB, path string) *pcapgo.NgReader {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	reader, err := pcapgo.NewNgReader(file, pcapgo.DefaultNgReaderOptions)
	if err != nil {
		t.Fatal(err)
	}
	return reader
}

// wantFramesOfAFlood looks at frames: SYNs that are challenged come in, and SYN-ACKs leave.
func (d *daemon) wantFramesOfAFlood(t testing.TB) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "f.pcapng")
	out, err := d.synscreen(t.Context(), "monitor", "traffic", "interface", lab.OuterDev, "write-file", path,
		"--count", "200", "--seconds", "10")
	if err != nil {
		t.Fatalf("monitor traffic: %v: %s", err, out)
	}
	reader := openCapture(t, path)
	challenged, left := 0, 0
	for range 200 {
		_, _, options, err := reader.ReadPacketDataWithOptions()
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case strings.Join(options.Comments, "") == "challenge reply_challenge",
			strings.Join(options.Comments, "") == "reply reply_challenge":
			challenged++
		case options.Flags != nil && options.Flags.Direction == pcapgo.NgEpbFlagDirectionOutbound:
			left++
		}
	}
	if challenged < 50 || left < 50 {
		t.Errorf("%d frames were challenged and %d left, of 200", challenged, left)
	}
}

func TestTraceTellsTheFateOfAConnectionInAFlood(t *testing.T) {
	t.Parallel()
	w := lab.WireForTest(t, lab.WireOptions{})
	startContent(t, w)
	d := startDaemon(t, w, configuration{}, noLearning)
	startLightFloods(t, w, d, contentPort, families...)
	for _, family := range families {
		d.wantTraced(t, family)
	}
}

// wantTraced traces a connection that is challenged and spliced.
func (d *daemon) wantTraced(t testing.TB, family int) {
	t.Helper()
	binary, err := lab.Built("bin/synscreen")
	if err != nil {
		t.Fatal(err)
	}
	port := 40000 + family // a port in TIME_WAIT is not taken again
	client, server := fmt.Sprintf("%s:%d", lab.ClientAddr4(0), port), fmt.Sprintf("%s:%d", lab.ServerAddr4, contentPort)
	if family == 6 {
		client, server = fmt.Sprintf("[%s]:%d", lab.ClientAddr6(0), port), fmt.Sprintf("[%s]:%d", lab.ServerAddr6, contentPort)
	}
	trace, err := d.lab.Wire.Start(binary, "--control-socket", d.socket, "trace", client, server, "--seconds", "60")
	if err != nil {
		t.Fatal(err)
	}
	said := func(texts ...string) {
		t.Helper()
		d.wait(t, fmt.Sprintf("a trace with %q", texts), func() (bool, error) {
			for _, text := range texts {
				if !strings.Contains(trace.Output(), text) {
					return false, nil
				}
			}
			return true, nil
		})
	}
	said("frames between")
	out, err := d.lab.Curl(t.Context(), bytesURL(family, mega), 20, "-o", "/dev/null", "--local-port", fmt.Sprint(port))
	if err != nil {
		t.Fatalf("IPv%d: %v: %s", family, err, out)
	}
	said("outer  in", "outer  out", "inner  in", "inner  out", "reply_challenge", "forward_splice_syn",
		"reply_server_ack", "forward_spliced")
}
