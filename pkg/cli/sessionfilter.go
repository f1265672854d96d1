package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"synscreen/pkg/dataplane"
)

// sessionFilter is the flags that select connections, which may be written as words, too.
type sessionFilter struct {
	client, server         prefixFlag
	clientPort, serverPort ranged
	states                 statesFlag
	wire                   string
}

func newSessionFilter() *sessionFilter {
	port := ranged{min: 1, max: 65535, unit: "PORT"}
	return &sessionFilter{clientPort: port, serverPort: port}
}

// register adds the flags. What Junos calls two of them is another name of each.
func (f *sessionFilter) register(flags *pflag.FlagSet) {
	flags.SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		switch name {
		case "source-prefix":
			name = "client"
		case "destination-prefix":
			name = "server"
		}
		return pflag.NormalizedName(name)
	})
	flags.Var(&f.client, "client", "only connections of clients in PREFIX")
	flags.Var(&f.server, "server", "only connections to servers in PREFIX")
	flags.Var(&f.clientPort, "source-port", "only connections from PORT of the client")
	flags.Var(&f.serverPort, "destination-port", "only connections to PORT of the server")
	flags.Var(&f.states, "state", "only connections that are "+statesText(" or ")+"; several may be named")
	flags.StringVar(&f.wire, "wire", "", "only connections of `WIRE`")
}

// words takes the flags that are written as words; those of alone take no value.
func (f *sessionFilter) words(flags *pflag.FlagSet, args []string, alone ...string) error {
	known := append(alone, "source-prefix", "destination-prefix", "source-port", "destination-port", "state", "wire")
	for len(args) > 0 {
		name := args[0]
		flag := flags.Lookup(name)
		switch {
		case !slices.Contains(known, name):
			return fmt.Errorf("unknown word %q: one of %s is known", name, strings.Join(known, ", "))
		case slices.Contains(alone, name):
			args = append([]string{name, "true"}, args[1:]...)
		case len(args) == 1:
			return fmt.Errorf("%q needs one more word", name)
		}
		if err := flag.Value.Set(args[1]); err != nil {
			return fmt.Errorf("%s %q: %w", name, args[1], err)
		}
		args = args[2:]
	}
	return nil
}

func (f *sessionFilter) filter() dataplane.FlowFilter {
	return dataplane.FlowFilter{
		Client: f.client.Prefix, Server: f.server.Prefix,
		ClientPort: f.clientPort.value, ServerPort: f.serverPort.value,
		States: f.states, Wire: f.wire,
	}
}

// statesFlag is a flag that takes states of connections, one by one or with commas between.
type statesFlag []dataplane.FlowState

// Type names the value in the help.
func (s *statesFlag) Type() string { return "STATE" }

// String gives the states.
func (s *statesFlag) String() string {
	words := make([]string, len(*s))
	for i, state := range *s {
		words[i] = state.String()
	}
	return strings.Join(words, ",")
}

// Set adds states.
func (s *statesFlag) Set(text string) error {
	for word := range strings.SplitSeq(text, ",") {
		at := slices.IndexFunc(dataplane.FlowStates(), func(state dataplane.FlowState) bool {
			return state.String() == word
		})
		if at < 0 {
			return errors.New("one of " + statesText(", ") + " is known")
		}
		*s = append(*s, dataplane.FlowStates()[at])
	}
	return nil
}

// statesText lists all states.
func statesText(separator string) string {
	all := statesFlag(dataplane.FlowStates())
	return strings.ReplaceAll(all.String(), ",", separator)
}
