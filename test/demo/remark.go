package main

import (
	"fmt"
	"io"
	"maps"
	"slices"

	"synscreen/test/lab"
)

// introduce says what is about to be seen.
func introduce(out io.Writer) {
	fmt.Fprintf(out, `
  client   %-14s --+
                            +-- lan -- outer [ the wire ] inner -- nginx %s:80
  attacker %-14s --+                                    [%s]:80

clients   curl, a new connection each, IPv4 and IPv6 in turn, given up after %d s
attacker  spoofs %s and %s, where the clients are, too:
          %s SYNs a second over IPv4 and %s over IPv6, and %s more by hping3
server    net.ipv4.tcp_syncookies=0 in all acts, and nginx's own backlog of 511;
          nginx starts anew before act 3, with an empty queue
network   the wire's outer port is polled by a NAPI thread, as a NIC's would be; what is
          sent to the attacker is dropped behind the wire, to spare this machine
the wire  acts 1 and 2: a kernel bridge, synscreen is not running; act 3: synscreen

`, fmt.Sprintf("%s-%d", lab.ClientAddr4(0), clientsCount), lab.ServerAddr4, lab.SpoofedPrefix4, lab.ServerAddr6,
		secondsMax, lab.SpoofedPrefix4, lab.SpoofedPrefix6, count(rate4), count(rate6),
		count(rateHping))
}

// remark says what the table has no column for and the verdict does not depend on.
func remark(out io.Writer, results []result) {
	quiet, protected := results[0], results[2]
	fmt.Fprintf(out, "\n99 of 100 clients were connected after %s ms in act 3, %s ms in act 1, "+
		"and had their page after %s and %s ms.\n",
		milliseconds(percentile(protected.connectTimes(), 99)),
		milliseconds(percentile(quiet.connectTimes(), 99)),
		milliseconds(percentile(protected.pageTimes(), 99)),
		milliseconds(percentile(quiet.pageTimes(), 99)))
	seen := protected.counted.syns
	fmt.Fprintf(out, "%.2f %% of act 3's flood found a full queue before the wire could count it.\n",
		100*float64(protected.counted.lost)/float64(max(seen+protected.counted.lost, 1)))
	failures := map[string]int{}
	for _, a := range protected.attempts {
		if !a.Succeeded {
			failures[a.Error]++
		}
	}
	for _, text := range slices.Sorted(maps.Keys(failures)) {
		fmt.Fprintf(out, "act 3: %d times %s\n", failures[text], text)
	}
}
