package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"synscreen/pkg/dataplane"
)

func (a *app) portsCommand() *cobra.Command {
	return newView(a, view[[]dataplane.PortStatus]{
		use:   "ports",
		short: "Show the interfaces, what was obtained from their drivers, and what these do themselves",
		long: "Shows the interfaces and what was obtained from their drivers; then who does what `set security\n" +
			"flow syn-cookie offload` is about: the driver, which in a flood answers SYNs and checks the cookies\n" +
			"of ACKs, and on wires passes segments of connections to the other port, or the engine, and why.\n" +
			"Both have their counts.\n\n" +
			"Rx frames, Tx frames and Lost are the engine's. What the driver answers, drops or passes never comes\n" +
			"to the engine, and is in the second table alone.\n\n" +
			"Under `run --busy-poll` a third tells for how long after a frame the sockets of each port are polled,\n" +
			"in how many of its queues the kernel lets a worker look itself, and whether interrupts stay off.",
		args: takes(0, 0),
		ask: func(ctx context.Context, _ []string) ([]dataplane.PortStatus, error) {
			status, err := a.client().Status(ctx)
			return status.Ports, err
		},
		print: printPorts,
		empty: isEmpty[dataplane.PortStatus],
	})
}

func printPorts(w io.Writer, ports []dataplane.PortStatus) {
	fmt.Fprintln(w, "Port\tPeer\tWire\tZone\tAdmission\tState\tLink\tMTU\tQueues\tXDP\tMemory\tProgram\tRx frames\tTx frames\tLost")
	polled := false
	for _, p := range ports {
		peer, wire, admission := p.Peer, p.Wire, "-"
		if p.Host {
			peer, wire, admission = "-", "host", p.Admission.String()
		}
		polled = polled || p.BusyPoll != 0
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d\t%d\t%s\t%s\t%s\t%d\t%d\t%d\n",
			p.Interface, peer, wire, orDash(p.Zone), admission, p.State, link(p), p.MTU, p.Queues,
			choose(p.Native, "native", "generic"), choose(p.ZeroCopy, "zero-copy", "copy"),
			choose(p.Dispatcher, "dispatched", "alone"), p.RxFrames, p.TxFrames,
			p.KernelRxDropped+p.KernelSynDropped)
	}
	if len(ports) > 0 {
		printWork(w, ports)
	}
	if polled {
		printPolling(w, ports)
	}
}

// printPolling tells what was obtained for busy polling.
func printPolling(w io.Writer, ports []dataplane.PortStatus) {
	fmt.Fprintln(w, "\nPort\tBusy polling\tQueues\tInterrupts")
	for _, p := range ports {
		fmt.Fprintf(w, "%s\t%v\t%d of %d\t%s\n", p.Interface, p.BusyPoll, p.NAPIQueues, p.Queues,
			choose(p.IRQsDeferred, "deferred", "not deferred"))
	}
}

// printWork tells who does what both can do, and how much either has done.
func printWork(w io.Writer, ports []dataplane.PortStatus) {
	fmt.Fprintln(w, "\nPort\tBy\tChallenges\tInvalid cookies\tFlow segments\tOver reply rate\tDoes")
	row := func(port, by string, work dataplane.Work, does string) {
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%d\t%s\n", port, by, work.Challenges, work.InvalidCookies,
			work.FlowSegments, work.OverRate, does)
	}
	for _, p := range ports {
		row(p.Interface, "driver", p.DriverWork(), driverDoes(p))
		row(p.Interface, "engine", p.EngineWork(), choose(p.Offload == 0, "all", "the rest"))
	}
}

// driverDoes says what a driver does, and why not all that it is wanted for.
func driverDoes(p dataplane.PortStatus) string {
	switch {
	case p.Offload == 0 && p.OffloadReason == "":
		return "nothing: it is not asked to"
	case p.Offload == 0:
		return "nothing: " + p.OffloadReason
	case p.OffloadReason == "":
		return p.Offload.String()
	default:
		return fmt.Sprintf("%s; not all: %s", p.Offload, p.OffloadReason)
	}
}

func link(p dataplane.PortStatus) string {
	switch {
	case p.HeldDown:
		return "held down"
	case p.Carrier:
		return "up"
	}
	return "down"
}

func choose(condition bool, yes, no string) string {
	if condition {
		return yes
	}
	return no
}

func orDash(text string) string { return choose(text != "", text, "-") }
