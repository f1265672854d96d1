package cli

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// takes is for commands with at least so many arguments and at most so many.
func takes(least, most int) cobra.PositionalArgs {
	return func(command *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return fmt.Errorf("an argument is missing; write: %s", synopsis(command))
		case len(args) <= most:
			return nil
		}
		command.SuggestionsMinimumDistance = 2
		if meant := command.SuggestionsFor(args[0]); len(meant) > 0 {
			return fmt.Errorf("%q is no word of %s; did you mean %q?", args[0], command.CommandPath(), meant[0])
		}
		return fmt.Errorf("%q is one argument too many; write: %s", args[most], synopsis(command))
	}
}

// synopsis is how a command is written.
func synopsis(command *cobra.Command) string {
	return command.Parent().CommandPath() + " " + command.Use
}

// plainFlagError says that a flag's value is no number, or too large a one, in words of ours.
func plainFlagError(_ *cobra.Command, err error) error {
	var value *pflag.InvalidValueError
	var number *strconv.NumError
	if !errors.As(err, &value) || !errors.As(err, &number) {
		return err
	}
	flag := value.GetFlag()
	wrong := "not a whole number"
	switch {
	case errors.Is(number.Err, strconv.ErrRange):
		wrong = "the number is too large"
	case strings.HasPrefix(flag.Value.Type(), "uint"):
		wrong = "not a whole number from 0 on"
	}
	return fmt.Errorf("--%s %s: %s", flag.Name, value.GetValue(), wrong)
}
