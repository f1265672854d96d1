package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"synscreen/pkg/dataplane"
)

// zoneStatistics are the counts of one zone: those of its meters, and its ports' reasons summed up.
type zoneStatistics struct {
	Zone            string            `json:"zone"`
	Profile         string            `json:"profile,omitempty"`
	Statistics      []statistic       `json:"statistics"`
	Flooding        uint32            `json:"flooding"`
	FloodingSeconds float64           `json:"flooding_seconds"`
	SynRate         uint32            `json:"syn_rate"`
	Alarms          uint64            `json:"alarms"`
	Attacks         uint64            `json:"attacks"`
	CookiesValid    uint64            `json:"cookies_valid"`
	Reasons         map[string]uint64 `json:"reasons"`
}

// statistic is one row that Junos has too.
type statistic struct {
	Name  string `json:"name"`
	Count uint64 `json:"count"`
}

// statisticRow is one of those rows and the reasons that it sums.
type statisticRow struct {
	name    string
	reasons []string
}

func statisticRows() []statisticRow {
	return []statisticRow{
		{"TCP SYN flood", []string{"reply_challenge", "drop_syn_flood", "drop_reply_budget",
			"drop_no_keyset", "drop_syn_mss", "drop_syn_md5"}},
		{"SYN flood source", []string{"drop_source_threshold"}},
		{"SYN flood destination", []string{"drop_destination_threshold"}},
		{"TCP SYN fragment", []string{"drop_syn_fragment"}},
	}
}

func (a *app) statisticsCommand() *cobra.Command {
	return newView(a, view[[]zoneStatistics]{
		use:   "statistics [zone ZONE]",
		short: "Show what the screens of each zone, or of one, have caught",
		long: "Shows, for each zone or for one, the rows that Junos has, then synscreen's own.\n\n" +
			"TCP SYN flood counts the SYNs that met a flood: challenged, or dropped for want of an answer.\n" +
			"SYN flood source and destination count admitted SYNs above those two thresholds.",
		args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 || len(args) == 2 && args[0] == "zone" {
				return nil
			}
			return fmt.Errorf("statistics takes nothing or `zone ZONE`, not %q", args)
		},
		ask: func(ctx context.Context, args []string) ([]zoneStatistics, error) {
			status, err := a.client().Status(ctx)
			if err != nil {
				return nil, err
			}
			return selectStatistics(status, args)
		},
		print: printStatistics,
	})
}

func selectStatistics(status dataplane.Status, args []string) ([]zoneStatistics, error) {
	selected := []zoneStatistics{}
	var names []string
	for _, zone := range status.Zones {
		names = append(names, zone.Name)
		if len(args) == 0 || args[1] == zone.Name {
			selected = append(selected, newZoneStatistics(zone, status.Ports))
		}
	}
	if len(args) > 0 && len(selected) == 0 {
		return nil, fmt.Errorf("show statistics of zone %s: no such zone; the zones are %v", args[1], names)
	}
	return selected, nil
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
	for _, row := range statisticRows() {
		counted := statistic{Name: row.name}
		for _, reason := range row.reasons {
			counted.Count += reasons[reason]
		}
		rows = append(rows, counted)
	}
	return zoneStatistics{
		Zone:            zone.Name,
		Profile:         zone.Profile,
		Statistics:      rows,
		Flooding:        zone.Flooding,
		FloodingSeconds: zone.FloodingFor.Seconds(),
		SynRate:         zone.SynRate,
		Alarms:          zone.Alarms,
		Attacks:         zone.Attacks,
		CookiesValid:    zone.CookiesValid,
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
		fmt.Fprintf(w, "  Challenges sent\t%d\n", z.Reasons["reply_challenge"])
		fmt.Fprintf(w, "  Cookies valid\t%d\n", z.CookiesValid)
		fmt.Fprintf(w, "  Cookies invalid\t%d\n", z.Reasons["drop_cookie_invalid"])
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
