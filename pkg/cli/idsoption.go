package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"synscreen/pkg/control"
)

func (a *app) idsOptionCommand() *cobra.Command {
	return newView(a, view[[]control.IDSOption]{
		use:   "ids-option [NAME]",
		short: "Show profiles as they run, or one: their screens with their thresholds",
		args:  takes(0, 1),
		ask: func(ctx context.Context, args []string) ([]control.IDSOption, error) {
			return a.client().IDSOptions(ctx, strings.Join(args, ""))
		},
		print: func(w io.Writer, options []control.IDSOption) {
			for i, option := range options {
				if i > 0 {
					fmt.Fprintln(w)
				}
				printIDSOption(w, option)
			}
		},
	})
}

func printIDSOption(w io.Writer, option control.IDSOption) {
	fmt.Fprintf(w, "Screen object status: %s, zones: %s\n", option.Name, orDash(strings.Join(option.Zones, " ")))
	if option.Description != "" {
		fmt.Fprintf(w, "Description: %s\n", option.Description)
	}
	fmt.Fprintln(w, "Name\tValue")
	for _, row := range option.Settings {
		fmt.Fprintf(w, "  %s\t%s\n", row.Name, strings.TrimRight(row.Value+" "+row.Unit, " "))
	}
	if option.AlarmWithoutDrop {
		fmt.Fprintln(w, "  Alarm without drop\tenabled")
	}
	for _, list := range option.WhiteLists {
		fmt.Fprintf(w, "  TCP SYN flood white-list %s\tfrom %s to %s\n", list.Name,
			anyOf(list.Sources), anyOf(list.Destinations))
	}
}

func anyOf(prefixes []string) string {
	if len(prefixes) == 0 {
		return "any"
	}
	return strings.Join(prefixes, ", ")
}
