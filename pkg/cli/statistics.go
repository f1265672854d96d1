package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"synscreen/pkg/dataplane"
)

// zoneStatistics are the counts of one zone: those of its screens and meters, and its ports' reasons
// summed up.
type zoneStatistics struct {
	Zone            string            `json:"zone"`
	Profile         string            `json:"profile,omitempty"`
	Statistics      []statistic       `json:"statistics"`
	Flooding        uint32            `json:"flooding"`
	FloodingSeconds float64           `json:"flooding_seconds"`
	SynRate         uint32            `json:"syn_rate"`
	Challenged      uint64            `json:"challenged"`
	CookiesValid    uint64            `json:"cookies_valid"`
	CookiesInvalid  uint64            `json:"cookies_invalid"`
	Refused         uint64            `json:"refused"`
	Alarms          uint64            `json:"alarms"`
	Attacks         uint64            `json:"attacks"`
	Reasons         map[string]uint64 `json:"reasons"`
}

// statistic is one row that Junos has too.
type statistic struct {
	Name   string           `json:"name"`
	Screen dataplane.Screen `json:"screen"`
	Count  uint64           `json:"count"`
}

func (a *app) statisticsCommand() *cobra.Command {
	return newView(a, view[[]zoneStatistics]{
		use:   "statistics [zone ZONE | interface INTERFACE]",
		short: "Show what the screens of each zone, or of one, have caught",
		long: "Shows, for each zone, for one, or for that of an interface, the rows that Junos has, then\n" +
			"synscreen's own.\n\n" +
			"TCP SYN flood counts the SYNs that met a flood: challenged, or dropped for want of an answer.\n" +
			"SYN flood source and destination count admitted SYNs above those two thresholds. Under\n" +
			"alarm-without-drop what would have been done is counted.",
		args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 || len(args) == 2 && (args[0] == "zone" || args[0] == "interface") {
				return nil
			}
			return fmt.Errorf("statistics takes nothing, `zone ZONE` or `interface INTERFACE`, not %q", args)
		},
		ask: func(ctx context.Context, args []string) ([]zoneStatistics, error) {
			status, err := a.client().Status(ctx)
			if err != nil {
				return nil, err
			}
			zone, err := statisticsZone(status, args)
			if err != nil {
				return nil, err
			}
			return selectStatistics(status, zone)
		},
		print: printStatistics,
		empty: isEmpty[zoneStatistics],
	})
}

// statisticsZone gives the zone that words name, themselves or by its interface; empty: all.
func statisticsZone(status dataplane.Status, args []string) (string, error) {
	if len(args) == 0 {
		return "", nil
	}
	if args[0] == "zone" {
		return args[1], nil
	}
	var names []string
	for _, port := range status.Ports {
		if port.Interface != args[1] {
			names = append(names, port.Interface)
			continue
		}
		if port.Zone == "" {
			return "", fmt.Errorf("show statistics of interface %s: it is in no zone", args[1])
		}
		return port.Zone, nil
	}
	return "", fmt.Errorf("show statistics of interface %s: no such port; the ports are %v", args[1], names)
}

func selectStatistics(status dataplane.Status, only string) ([]zoneStatistics, error) {
	selected := []zoneStatistics{}
	zones, err := selectZones(status.Zones, only, "statistics")
	for _, zone := range zones {
		selected = append(selected, newZoneStatistics(zone, status.Ports))
	}
	return selected, err
}

// selectZones gives the zone of a name, or all without one; what is what would be shown of it.
func selectZones(zones []dataplane.ZoneStatus, only, what string) ([]dataplane.ZoneStatus, error) {
	if only == "" {
		return zones, nil
	}
	var names []string
	for _, zone := range zones {
		if zone.Name == only {
			return []dataplane.ZoneStatus{zone}, nil
		}
		names = append(names, zone.Name)
	}
	return nil, fmt.Errorf("show %s of zone %s: no such zone; the zones are %v", what, only, names)
}

func newZoneStatistics(zone dataplane.ZoneStatus, ports []dataplane.PortStatus) zoneStatistics {
	reasons := map[string]uint64{}
	for _, port := range ports {
		if port.Zone != zone.Name {
			continue
		}
		for _, reason := range port.Frames {
			reasons[reason.Reason] += reason.Frames
		}
	}
	rows := []statistic{}
	for _, screen := range dataplane.Screens() {
		row := statistic{Name: screen.Row(), Screen: screen}
		if int(screen) < len(zone.IDs) {
			row.Count = zone.IDs[screen]
		}
		rows = append(rows, row)
	}
	return zoneStatistics{
		Zone:            zone.Name,
		Profile:         zone.Profile,
		Statistics:      rows,
		Flooding:        zone.Flooding,
		FloodingSeconds: zone.FloodingFor.Seconds(),
		SynRate:         zone.SynRate,
		Challenged:      zone.Challenged,
		CookiesValid:    zone.CookiesValid,
		CookiesInvalid:  zone.CookiesInvalid,
		Refused:         zone.Refused,
		Alarms:          zone.Alarms,
		Attacks:         zone.Attacks,
		Reasons:         reasons,
	}
}

func printStatistics(w io.Writer, zones []zoneStatistics) {
	for i, z := range zones {
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "Zone: %s, screen: %s\n", z.Zone, orDash(z.Profile))
		fmt.Fprintln(w, "IDS attack type\tStatistics")
		for _, row := range z.Statistics {
			fmt.Fprintf(w, "  %s\t%d\n", row.Name, row.Count)
		}
		fmt.Fprintf(w, "  Challenges sent\t%d\n", z.Challenged)
		fmt.Fprintf(w, "  Cookies valid\t%d\n", z.CookiesValid)
		fmt.Fprintf(w, "  Cookies invalid\t%d\n", z.CookiesInvalid)
		fmt.Fprintf(w, "  Refused by budget\t%d\n", z.Refused)
		fmt.Fprintf(w, "  SYN alarms\t%d\n", z.Alarms)
		fmt.Fprintf(w, "  Attacks\t%d\n", z.Attacks)
		fmt.Fprintf(w, "  State\t%s\n", state(z))
		fmt.Fprintf(w, "  SYNs per second\t%d\n", z.SynRate)
	}
}

// state says calm, or since when some destination of the zone floods.
func state(z zoneStatistics) string {
	if z.Flooding == 0 {
		return "calm"
	}
	return "flooding for " + seconds(z.FloodingSeconds)
}

func seconds(s float64) string {
	return time.Duration(s * float64(time.Second)).Round(time.Second).String()
}
