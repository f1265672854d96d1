package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"synscreen/pkg/dataplane"
	"synscreen/pkg/dataplane/userspace"
)

// mintFlags are the flags of `synscreen cookie mint`.
type mintFlags struct {
	scopeFlags
	isn             word32
	mss             ranged
	scale, ourScale ranged
	terms           dataplane.CookieTerms
}

func (a *app) mintCommand() *cobra.Command {
	f := mintFlags{
		mss: ranged{min: dataplane.MSSMin, max: dataplane.MSSMax, unit: "BYTES",
			why: ": below that a SYN cannot be challenged"},
		scale:    ranged{max: dataplane.ScaleMax, unit: "SCALE"},
		ourScale: ranged{max: dataplane.ScaleMax, unit: "SCALE"},
	}
	command := &cobra.Command{
		Use:   "mint",
		Short: "Compute the cookie that answers a SYN",
		Long: "Computes the cookie of a SYN and prints `isn=HEX tsval=HEX`, with tsval=- when no timestamps\n" +
			"are agreed. --safe-reset prints `value=HEX`, the acknowledgement number of that variant.\n" +
			"An epoch is 64 s: the current one is about the UNIX time divided by 64.",
		Example: "  synscreen cookie mint --key-file master.key --zone untrust --epoch 41 \\\n" +
			"      --src 198.51.100.7:40000 --dst 203.0.113.1:443 --isn 11223344 --mss 536 \\\n" +
			"      --timestamps --wscale 7 --our-wscale 10 --sack",
		Args: takes(0, 0),
		RunE: answering(f.query, a.mint),
	}
	f.register(command)
	return command
}

func (f *mintFlags) register(command *cobra.Command) {
	f.scopeFlags.register(command, "epoch", "`EPOCH` to mint in")
	flags := command.Flags()
	flags.Var(&f.isn, "isn", "the client's initial sequence number")
	flags.Var(&f.mss, "mss", "the client's MSS option, 216 to 65535 (default: it has none)")
	flags.BoolVar(&f.terms.Timestamps, "timestamps", false, "timestamps are agreed; the next four need it")
	flags.Var(&f.scale, "wscale", "the client's window scale, 0 to 14 (default: scaling is not agreed)")
	flags.Var(&f.ourScale, "our-wscale", "the challenge's window scale, 0 to 14; with --wscale")
	flags.BoolVar(&f.terms.SACK, "sack", false, "SACK is agreed")
	flags.BoolVar(&f.terms.ECN, "ecn", false, "ECN is agreed")
	flags.BoolVar(&f.SafeReset, "safe-reset", false, "compute the value of the safe-reset variant")
	require(command, "isn")
	command.MarkFlagsRequiredTogether("wscale", "our-wscale")
	command.MarkFlagsMutuallyExclusive("safe-reset", "mss")
	command.MarkFlagsMutuallyExclusive("safe-reset", "timestamps")
}

// query gives what is asked; an error is one of usage.
func (f *mintFlags) query() (dataplane.MintQuery, error) {
	scope, err := f.scope()
	if err != nil {
		return dataplane.MintQuery{}, err
	}
	if !f.terms.Timestamps && (f.scale.set || f.terms.SACK || f.terms.ECN) {
		return dataplane.MintQuery{}, errors.New("--wscale, --our-wscale, --sack and --ecn need --timestamps: " +
			"a cookie without them cannot carry what they say")
	}
	f.terms.MSS = f.mss.value
	f.terms.ClientScale, f.terms.OurScale = dataplane.ScaleNone, dataplane.ScaleNone
	if f.scale.set {
		f.terms.ClientScale, f.terms.OurScale = uint8(f.scale.value), uint8(f.ourScale.value)
	}
	return dataplane.MintQuery{CookieScope: scope, ISN: f.isn.value, Terms: f.terms}, nil
}

func (a *app) mint(query dataplane.MintQuery) error {
	cookie, err := userspace.MintCookie(query)
	if err != nil {
		return err
	}
	if query.SafeReset {
		fmt.Fprintf(a.stdout, "value=%08x\n", cookie.ISN)
		return nil
	}
	fmt.Fprintln(a.stdout, cookie)
	return nil
}
