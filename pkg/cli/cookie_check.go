package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"synscreen/pkg/dataplane"
	"synscreen/pkg/dataplane/userspace"
)

// checkCookieFlags are the flags of `synscreen cookie check`.
type checkCookieFlags struct {
	scopeFlags
	seq, ack, tsecr word32
}

func (a *app) checkCookieCommand() *cobra.Command {
	var f checkCookieFlags
	command := &cobra.Command{
		Use:   "check",
		Short: "Check the cookie of an ACK",
		Long: "Checks the cookie that an ACK carries and prints what it agrees to, or `invalid: REASON` with\n" +
			"exit code 1. The given epoch and the one before are tried, as the engine does.\n" +
			"--safe-reset checks the RST that answers that variant, by its sequence number alone.",
		Example: "  synscreen cookie check --key-file master.key --zone untrust --epoch-now 42 \\\n" +
			"      --src 198.51.100.7:40000 --dst 203.0.113.1:443 --seq 11223345 --ack 23cf464d --tsecr b0925297",
		Args: takes(0, 0),
		RunE: answering(f.query, a.checkCookie),
	}
	f.register(command, "epoch-now", "`EPOCH` at the time of the check")
	flags := command.Flags()
	flags.Var(&f.seq, "seq", "the segment's sequence number")
	flags.Var(&f.ack, "ack", "its acknowledgement number")
	flags.Var(&f.tsecr, "tsecr", "TSecr of its timestamps (default: it has none)")
	flags.BoolVar(&f.SafeReset, "safe-reset", false, "check the RST of the safe-reset variant")
	require(command, "seq")
	command.MarkFlagsOneRequired("ack", "safe-reset")
	command.MarkFlagsMutuallyExclusive("ack", "safe-reset")
	command.MarkFlagsMutuallyExclusive("tsecr", "safe-reset")
	return command
}

// query gives what is asked; an error is one of usage.
func (f *checkCookieFlags) query() (dataplane.CheckQuery, error) {
	scope, err := f.scope()
	return dataplane.CheckQuery{
		CookieScope: scope,
		Seq:         f.seq.value,
		Ack:         f.ack.value,
		TSecr:       f.tsecr.value,
		Timestamps:  f.tsecr.set,
	}, err
}

func (a *app) checkCookie(query dataplane.CheckQuery) error {
	check, err := userspace.CheckCookie(query)
	switch {
	case err != nil:
		return err
	case !check.Valid:
		fmt.Fprintf(a.stdout, "invalid: %s\n", check.Reason)
		return errSaid
	case query.SafeReset:
		fmt.Fprintf(a.stdout, "valid epoch=%d\n", check.Epoch)
	default:
		fmt.Fprintf(a.stdout, "valid epoch=%d %s\n", check.Epoch, check.Terms)
	}
	return nil
}
