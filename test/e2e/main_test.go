// Package e2e proves what synscreen promises, end to end: the built binary on real interfaces, real
// kernels' TCP at both ends, real nginx and curl, a real flood. The tests need root and what `make
// build` leaves.
package e2e

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"synscreen/test/lab"
)

// labsMax is how many labs run at a time: each has a flood, an engine and two busy ends.
const labsMax = "2"

func TestMain(m *testing.M) {
	lab.RunRole(map[string]lab.Role{
		"corruptible": corruptible,
		"drip":        drip,
		"hush":        hush,
		"idle":        idle,
		"pour":        pour,
		"foreign":     holdForeignProgram,
		"herd":        herdRole,
		"send":        sendFrames,
		"listen":      listenFrames,
		"knock":       knock,
		"persist":     persist,
		"udp-echo":    echoDatagrams,
		"udp-ask":     askDatagrams,
		"offers":      offers,
		"half-close":  halfClose,
		"meet":        meet,
		"meet-serve":  meetServe,
		"ping":        ping,
		"visit":       visit,
		"visit-from":  visitFrom,
		"request":     request,
		"talk":        talkRole,
		"talk-serve":  talkServe,
	})
	flag.Parse()
	if flag.Lookup("test.parallel").Value.String() != "1" {
		if err := flag.Set("test.parallel", labsMax); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}
