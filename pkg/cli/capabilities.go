package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"synscreen/pkg/control"
	"synscreen/pkg/dataplane"
	"synscreen/pkg/dataplane/userspace"
)

func (a *app) capabilitiesCommand() *cobra.Command {
	return newView(a, view[control.CapabilityReport]{
		use:   "capabilities",
		short: "Show what the engine has proved, and why a configuration was refused",
		args:  takes(0, 0),
		ask: func(ctx context.Context, _ []string) (control.CapabilityReport, error) {
			return a.client().Capabilities(ctx)
		},
		print: printCapabilities,
	})
}

func printCapabilities(w io.Writer, report control.CapabilityReport) {
	printRunning(w, report.Running)
	proved := report.Capabilities
	if last := report.LastRefusal; last != nil && report.Running.Generation == 0 && last.Proved != nil {
		proved = *last.Proved
	}
	fmt.Fprintf(w, "\nCapability\tInterface\tProved\n")
	fmt.Fprintf(w, "mint\t\t%s\n", proved.Mint)
	fmt.Fprintf(w, "validate\t\t%s\n", proved.Validate)
	fmt.Fprintf(w, "splice\t\t%s\n", proved.Splice)
	fmt.Fprintf(w, "keyset\t\t%s\n", proved.Keyset)
	printHostProof(w, "kernel_admission", proved.KernelAdmission)
	printHostProof(w, "kernel_cookies", proved.KernelCookies)
	for _, port := range proved.Ports {
		fmt.Fprintf(w, "tx\t%s\t%s\n", port.Interface, port.Transmit)
		printPortProof(w, "answer", port.Interface, port.Answer)
		printPortProof(w, "pass", port.Interface, port.Pass)
	}
	for _, zone := range proved.Zones {
		fmt.Fprintf(w, "splice\tzone %s\t%s\n", zone.Zone, zone.Splice)
	}
	printRefusal(w, report.LastRefusal)
}

// printHostProof tells what host ports need. Without any there is nothing to prove.
func printHostProof(w io.Writer, name string, proof dataplane.Proof) {
	if proof != (dataplane.Proof{}) {
		fmt.Fprintf(w, "%s\t\t%s\n", name, proof)
	}
}

// printPortProof tells what a driver can do. Of a host port nobody asks whether frames can be passed to it.
func printPortProof(w io.Writer, name, ifname string, proof dataplane.Proof) {
	if proof != (dataplane.Proof{}) {
		fmt.Fprintf(w, "%s\t%s\t%s\n", name, ifname, proof)
	}
}

func printRunning(w io.Writer, running userspace.Running) {
	if running.Generation == 0 {
		fmt.Fprintln(w, "No configuration is running: traffic passes as each wire's on-failure says, "+
			"where a bridge could be made, and by every host port")
		return
	}
	fmt.Fprintf(w, "Running %s: generation %d, mode %s\n", running.Source, running.Generation, running.Mode)
	for _, warning := range running.Warnings {
		fmt.Fprintf(w, "warning: %s\n", warning)
	}
}

func printRefusal(w io.Writer, last *userspace.Rejection) {
	if last == nil {
		return
	}
	fmt.Fprintf(w, "\nLast refused: %s, at %s\n", last.Source, last.At.Format(time.RFC3339))
	for _, refusal := range last.Refusals {
		fmt.Fprintln(w, refusal)
	}
}
