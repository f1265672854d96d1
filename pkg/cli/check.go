package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"synscreen/pkg/config"
	"synscreen/pkg/dataplane/userspace"
)

func (a *app) checkCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check FILE",
		Short: "Check a configuration without a daemon",
		Args:  takes(1, 1),
		RunE: run(func(_ context.Context, args []string) error {
			text, err := config.ReadFile(args[0])
			if err != nil {
				return err
			}
			return a.check(args[0], text)
		}),
	}
}

func (a *app) check(name string, text []byte) error {
	parsed, err := a.parse(name, text)
	if err == nil {
		err = userspace.Check(parsed)
	}
	if err != nil {
		return listed(err)
	}
	armed := 0
	for _, screen := range parsed.Screens {
		if screen.SynFlood != nil {
			armed++
		}
	}
	ports := count(len(parsed.Wires), "wire")
	if hosts := len(parsed.HostPorts()); hosts > 0 {
		ports += ", " + count(hosts, "host port")
	}
	fmt.Fprintf(a.stdout, "configuration is valid: %s, %s, %s with a SYN-flood screen; "+
		"syn-flood-protection-mode %s\n", ports, count(len(parsed.Zones), "zone"),
		count(armed, "profile"), parsed.Flow.ProtectionMode)
	return nil
}

// parse reads a configuration and prints the warnings.
func (a *app) parse(name string, text []byte) (*config.Config, error) {
	parsed, warnings, err := config.Parse(name, text)
	if len(warnings) > 0 {
		fmt.Fprintln(a.stderr, warnings)
	}
	return parsed, listed(err)
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
