package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"synscreen/pkg/dataplane"
)

// portCounters are the counters of one port.
type portCounters struct {
	Interface        string                  `json:"interface"`
	Zone             string                  `json:"zone"`
	Host             bool                    `json:"host"`
	RxFrames         uint64                  `json:"rx_frames"`
	RxBytes          uint64                  `json:"rx_bytes"`
	TxFrames         uint64                  `json:"tx_frames"`
	TxBytes          uint64                  `json:"tx_bytes"`
	RepliesInReserve uint64                  `json:"replies_in_reserve"`
	KernelRxDropped  uint64                  `json:"kernel_rx_dropped"`
	KernelSynDropped uint64                  `json:"kernel_syn_dropped"`
	KernelFillEmpty  uint64                  `json:"kernel_fill_empty"`
	Frames           []dataplane.ReasonCount `json:"frames"`
	Shim             []dataplane.ShimCount   `json:"shim"`
}

func (a *app) countersCommand() *cobra.Command {
	var port string
	var all bool
	command := newView(a, view[[]portCounters]{
		use:   "counters",
		short: "Show why frames met their fate: one verdict and one reason each",
		args:  takes(0, 0),
		ask: func(ctx context.Context, _ []string) ([]portCounters, error) {
			status, err := a.client().Status(ctx)
			if err != nil {
				return nil, err
			}
			return selectCounters(status.Ports, port)
		},
		print: func(w io.Writer, ports []portCounters) { printCounters(w, ports, all) },
		empty: isEmpty[portCounters],
	})
	command.Flags().StringVar(&port, "port", "", "only those of interface `PORT`")
	command.Flags().BoolVar(&all, "all", false, "print counters that are 0 too (JSON always has them)")
	return command
}

func selectCounters(ports []dataplane.PortStatus, only string) ([]portCounters, error) {
	selected := []portCounters{}
	var names []string
	for _, p := range ports {
		names = append(names, p.Interface)
		if only == "" || only == p.Interface {
			selected = append(selected, portCounters{p.Interface, p.Zone, p.Host, p.RxFrames, p.RxBytes,
				p.TxFrames, p.TxBytes, p.RepliesInReserve, p.KernelRxDropped, p.KernelSynDropped, p.KernelFillEmpty,
				p.Frames, p.Shim})
		}
	}
	if only != "" && !slices.Contains(names, only) {
		return nil, fmt.Errorf("show counters of port %s: no such port; the ports are %v", only, names)
	}
	return selected, nil
}

func printCounters(w io.Writer, ports []portCounters, all bool) {
	fmt.Fprintln(w, "Port\tVerdict\tCounter\tCount")
	for _, p := range ports {
		row := func(verdict, counter string, value uint64) {
			if value > 0 || all {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", p.Interface, verdict, counter,
					strconv.FormatUint(value, 10))
			}
		}
		row("-", "rx_frames", p.RxFrames)
		row("-", "rx_bytes", p.RxBytes)
		row("-", "tx_frames", p.TxFrames)
		row("-", "tx_bytes", p.TxBytes)
		row("-", "replies_in_reserve", p.RepliesInReserve)
		row("lost", "kernel_rx_dropped", p.KernelRxDropped)
		row("lost", "kernel_syn_dropped", p.KernelSynDropped)
		row("-", "kernel_fill_empty", p.KernelFillEmpty)
		for _, reason := range p.Frames {
			row(reason.Verdict.String(), reason.Reason, reason.Frames)
		}
		for _, shim := range p.Shim {
			if p.Host || !shim.OfHosts() {
				row("shim", shim.Counter, shim.Frames)
			}
		}
	}
}
