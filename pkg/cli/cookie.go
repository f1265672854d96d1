package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"synscreen/pkg/dataplane"
)

func (a *app) cookieCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "cookie",
		Short: "Compute and check cookies without a daemon",
		Args:  cobra.ArbitraryArgs,
		RunE:  group,
	}
	command.AddCommand(a.mintCommand(), a.checkCookieCommand())
	return command
}

// scopeFlags are the flags that both commands have.
type scopeFlags struct {
	dataplane.CookieScope
	client, server endpoint
}

// register adds the flags to a command; all of them are required.
func (f *scopeFlags) register(command *cobra.Command, epoch, epochHelp string) {
	flags := command.Flags()
	flags.SortFlags = false
	flags.StringVar(&f.KeyFile, "key-file", "", "`FILE` of the master key: 64 hexadecimal digits and a newline")
	flags.StringVar(&f.Zone, "zone", "", "name of the `ZONE` that the SYN came in by")
	flags.Uint64Var(&f.Epoch, epoch, 0, epochHelp)
	flags.Var(&f.client, "src", "the client; IPv6 in brackets")
	flags.Var(&f.server, "dst", "the server")
	require(command, "key-file", "zone", epoch, "src", "dst")
}

// scope gives what the flags say; an error is one of usage.
func (f *scopeFlags) scope() (dataplane.CookieScope, error) {
	f.Client, f.Server = f.client.AddrPort, f.server.AddrPort
	switch {
	case f.Zone == "":
		return f.CookieScope, errors.New("--zone is empty: name a security-zone")
	case f.Client.Addr().Is4() != f.Server.Addr().Is4():
		return f.CookieScope, fmt.Errorf("--src %s and --dst %s are not of one address family: "+
			"give two IPv4 or two IPv6 addresses", f.Client, f.Server)
	}
	return f.CookieScope, nil
}

func require(command *cobra.Command, flags ...string) {
	for _, flag := range flags {
		if err := command.MarkFlagRequired(flag); err != nil {
			panic(err)
		}
	}
}

// answering is the action of a command whose flags make a query: what is wrong with them is an error of
// usage, what goes wrong later is not.
func answering[Q any](query func() (Q, error), answer func(Q) error) func(*cobra.Command, []string) error {
	return func(command *cobra.Command, args []string) error {
		asked, err := query()
		if err != nil {
			return err
		}
		return run(func(context.Context, []string) error { return answer(asked) })(command, args)
	}
}
