package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"synscreen/pkg/control"
	"synscreen/pkg/dataplane"
)

// topRows is how many destinations and source prefixes of a zone are told.
const topRows = 10

// zoneFlood is what one zone answers SYNs with, and why.
type zoneFlood struct {
	Time         time.Time               `json:"time"`
	Zone         dataplane.ZoneStatus    `json:"zone"`
	Destinations []dataplane.Destination `json:"destinations"` // the highest rates first
	Sources      []dataplane.Source      `json:"sources"`      // the most SYNs first
	Hosts        []dataplane.HostPort    `json:"hosts"`        // its host ports
}

func (a *app) synCookieFlowCommand() *cobra.Command {
	return newView(a, view[[]zoneFlood]{
		use:   "syn-cookie [zone ZONE]",
		short: "Show which zones and destinations flood, what the floods look like, and where they come from",
		long: "Shows, for each zone or for one, whether it floods and what was challenged; the ten destinations\n" +
			"with the most SYNs a second, those whose flood ended just now included; and the ten source\n" +
			"prefixes (IPv4 /24, IPv6 /64) that most SYNs of these floods name. Sources may be forged: a flood\n" +
			"looks spoofed when under 5 % of its challenges come back valid, like a crowd from 50 % on.\n\n" +
			"For host ports it shows how valid answers are admitted, how often the kernel was asked whether a\n" +
			"listener overflows, and what became of answers: admitted by the kernel, refused by it, a cookie of\n" +
			"the kernel's own, or none at all; and the SYNs left to the kernel's cookies.",
		args: zoneOrNothing("syn-cookie"),
		ask: func(ctx context.Context, args []string) ([]zoneFlood, error) {
			report, err := a.client().Floods(ctx)
			if err != nil {
				return nil, err
			}
			return selectFloods(report, zoneOf(args))
		},
		print: printFloods,
		empty: isEmpty[zoneFlood],
	})
}

// zoneOrNothing takes `zone ZONE` or no words.
func zoneOrNothing(command string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) == 0 || len(args) == 2 && args[0] == "zone" {
			return nil
		}
		return fmt.Errorf("%s takes nothing or `zone ZONE`, not %q", command, args)
	}
}

// zoneOf gives the zone that words of zoneOrNothing name; empty: all.
func zoneOf(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[1]
}

// zoneNamed says which zone's: one's, or all.
func zoneNamed(zone string) string { return choose(zone == "", "all zones", "zone "+zone) }

func selectFloods(report control.FloodReport, only string) ([]zoneFlood, error) {
	zones, err := selectZones(report.Zones, only, "SYN cookies")
	floods := []zoneFlood{}
	for _, zone := range zones {
		flood := zoneFlood{
			Time: report.Time, Zone: zone,
			Destinations: []dataplane.Destination{}, Sources: []dataplane.Source{},
			Hosts: []dataplane.HostPort{},
		}
		for _, row := range report.Hosts {
			if row.Zone == zone.Name {
				flood.Hosts = append(flood.Hosts, row)
			}
		}
		for _, row := range report.Destinations {
			if row.Zone == zone.Name && len(flood.Destinations) < topRows {
				flood.Destinations = append(flood.Destinations, row)
			}
		}
		for _, row := range report.Sources {
			if row.Zone == zone.Name && len(flood.Sources) < topRows {
				flood.Sources = append(flood.Sources, row)
			}
		}
		floods = append(floods, flood)
	}
	return floods, err
}

func printFloods(w io.Writer, floods []zoneFlood) {
	for i, flood := range floods {
		if i > 0 {
			fmt.Fprintln(w)
		}
		printFlood(w, flood)
	}
}

func printFlood(w io.Writer, flood zoneFlood) {
	z := flood.Zone
	fmt.Fprintf(w, "Zone: %s, screen: %s\n", z.Name, orDash(z.Profile))
	fmt.Fprintf(w, "  State\t%s\n", floodState(z.Flooding > 0, flood.Time, z.FloodingFor))
	fmt.Fprintf(w, "  SYNs per second\t%d\n", z.SynRate)
	fmt.Fprintf(w, "  Challenges sent\t%d\n", z.Challenged)
	fmt.Fprintf(w, "  Cookies valid\t%d\n", z.CookiesValid)
	fmt.Fprintf(w, "  Cookies invalid\t%d\n", z.CookiesInvalid)
	fmt.Fprintf(w, "  Refused by budget\t%d\n", z.Refused)
	if z.Profile != "" && (len(flood.Hosts) == 0 || z.OneWay+z.TwoWay > 0) {
		fmt.Fprintf(w, "  Way back\t%s\n", wayBack(z))
	}
	if len(flood.Hosts) > 0 {
		printHosts(w, flood.Hosts)
	}
	if len(flood.Destinations) > 0 {
		fmt.Fprintln(w)
		printDestinations(w, flood)
	}
	if len(flood.Sources) > 0 {
		fmt.Fprintln(w, "\n  Source prefix\tSYNs, about")
		for _, row := range flood.Sources {
			fmt.Fprintf(w, "  %s\t%d\n", row.Prefix, row.SYNs)
		}
	}
}

func printHosts(w io.Writer, hosts []dataplane.HostPort) {
	fmt.Fprintln(w, "\n  Host port\tAdmission\tAsked\tAdmitted\tNot admitted\tKernel's cookies\tInvalid\tPunted")
	for _, h := range hosts {
		fmt.Fprintf(w, "  %s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\n", h.Interface, h.Admission, h.Asked, h.Admitted,
			h.NotAdmitted, h.KernelCookies, h.Invalid, h.Punted)
	}
}

// wayBack says what the connections of a zone have shown of the way that servers' answers take.
func wayBack(z dataplane.ZoneStatus) string {
	counts := fmt.Sprintf(" (%d answers seen, %d connections without one)", z.TwoWay, z.OneWay)
	switch z.Symmetry {
	case dataplane.SymmetryBoth:
		return "by this wire" + counts
	case dataplane.SymmetryPartly:
		return "not always by this wire" + counts + ": a splice breaks what goes another way; see admission"
	case dataplane.SymmetryOneWay:
		return "another way" + counts + ": nothing is spliced, safe-reset takes its place"
	default:
		return "not known yet" + counts
	}
}

func printDestinations(w io.Writer, flood zoneFlood) {
	fmt.Fprintln(w, "  Destination\tSYN/s\tPeak\tSYNs\tChallenged\tValid\tInvalid\tRefused\tLooks like\tState")
	for _, row := range flood.Destinations {
		fmt.Fprintf(w, "  %s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t%s\n", row.Address, row.SynRate, row.PeakRate,
			row.SYNs, row.Challenged, row.Valid, row.Invalid, row.Refused, looksLike(row.Looks),
			floodState(row.Flooding, flood.Time, row.For))
	}
}

// floodState says calm, or since when something floods.
func floodState(flooding bool, now time.Time, lasted time.Duration) string {
	if !flooding {
		return "calm"
	}
	return fmt.Sprintf("flooding since %s (%s)", clock(now.Add(-lasted)), lasted.Round(time.Second))
}

func looksLike(looks dataplane.Looks) string {
	if looks == dataplane.LooksUnknown {
		return "too early to say"
	}
	return looks.String()
}
