package cli

import (
	"testing"
	"time"

	"synscreen/pkg/dataplane"
)

func TestWhatADriverDoesIsToldWithWhyNotAll(t *testing.T) {
	for want, port := range map[string]dataplane.PortStatus{
		"answer, check, pass": {Offload: dataplane.OffloadAll},
		"pass":                {Offload: dataplane.OffloadPass},
		"answer, check; not all: eth2 has no link": {
			Offload: dataplane.OffloadAnswer | dataplane.OffloadCheck, OffloadReason: "eth2 has no link"},
		"nothing: not tried yet":      {OffloadReason: "not tried yet"},
		"nothing: it is not asked to": {},
	} {
		if got := driverDoes(port); got != want {
			t.Errorf("offload %q, reason %q: said %q, want %q", port.Offload, port.OffloadReason, got, want)
		}
	}
}

func TestShowOfHostPortsTellsWhatTheirDriversAnswer(t *testing.T) {
	ports := sampleStatus().Ports[2:]
	ports[0].Offload = dataplane.OffloadAnswer | dataplane.OffloadCheck
	ports[0].Shim = append(ports[0].Shim, dataplane.ShimCount{Counter: "shim_challenged", Frames: 50})
	socket := serve(t, &canned{status: dataplane.Status{Ports: ports}})
	const want = `Port  Peer  Wire  Zone   Admission  State      Link  MTU   Queues  XDP     Memory  Program  Rx frames  Tx frames  Lost
eth3  -     host  world  kernel     published  up    1500  1       native  copy    alone    60         0          0

Port  By      Challenges  Invalid cookies  Flow segments  Over reply rate  Does
eth3  driver  50          0                0              0                answer, check
eth3  engine  0           0                0              0                the rest
`
	expect(t, outcome{Stdout: want}, "show", "ports", "--control-socket", socket)
}

func TestShowPortsTellsWhatWasObtainedForBusyPolling(t *testing.T) {
	ports := sampleStatus().Ports[2:]
	ports = append(ports, ports[0])
	ports[0].BusyPoll, ports[0].Queues, ports[0].NAPIQueues = 50*time.Microsecond, 2, 1
	ports[1].BusyPoll, ports[1].NAPIQueues, ports[1].IRQsDeferred = 50*time.Microsecond, 1, true
	socket := serve(t, &canned{status: dataplane.Status{Ports: ports}})
	const want = `Port  Peer  Wire  Zone   Admission  State      Link  MTU   Queues  XDP     Memory  Program  Rx frames  Tx frames  Lost
eth3  -     host  world  kernel     published  up    1500  2       native  copy    alone    60         0          0
eth3  -     host  world  kernel     published  up    1500  1       native  copy    alone    60         0          0

Port  By      Challenges  Invalid cookies  Flow segments  Over reply rate  Does
eth3  driver  0           0                0              0                nothing: it is not asked to
eth3  engine  0           0                0              0                all
eth3  driver  0           0                0              0                nothing: it is not asked to
eth3  engine  0           0                0              0                all

Port  Busy polling  Queues  Interrupts
eth3  50µs          1 of 2  not deferred
eth3  50µs          1 of 1  deferred
`
	expect(t, outcome{Stdout: want}, "show", "ports", "--control-socket", socket)
}
