package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"synscreen/pkg/config"
	"synscreen/pkg/dataplane/userspace"
	"synscreen/pkg/replay"
)

// replayFlags are the flags of `synscreen replay`.
type replayFlags struct {
	config, keyFile, port, out string
	epoch                      uint64
}

func (a *app) replayCommand() *cobra.Command {
	var f replayFlags
	command := &cobra.Command{
		Use:   "replay --config FILE --key-file FILE --epoch EPOCH CAPTURE",
		Short: "Tell what the engine would do with the frames of a capture",
		Long: "Puts the frames of CAPTURE, a pcap or pcapng file of Ethernet frames or - for standard input,\n" +
			"through the engine's own code, without an interface or a daemon, and prints for each frame its\n" +
			"number, its time, the port that it came in by, what it is, the verdict, the reason and what the\n" +
			"cookie is that was minted for it or that it carries. A summary follows.\n\n" +
			"CAPTURE should have what arrived at the machine, in full length: what the capture cut is missing\n" +
			"for the engine, too. Time is the capture's, and never goes back; the epoch stays the same.\n" +
			"A syn-flood-protection-mode that FILE leaves unset is syn-cookie; its key-file is not looked at.\n\n" +
			"A frame comes in by the interface that CAPTURE names, if that is a port of the configuration.\n" +
			"Any other comes in by --port, unless frames that came in by that port were sent to its\n" +
			"source address before: then by the other end of the wire, as a bridge learns.",
		Example: "  synscreen replay --config synscreen.conf --key-file master.key --epoch 27000000 flood.pcap\n" +
			"  zcat flood.pcap.gz | synscreen replay --config synscreen.conf --key-file master.key \\\n" +
			"      --epoch 27000000 --port eth1 --out left.pcapng -",
		Args: takes(1, 1),
		RunE: func(command *cobra.Command, args []string) error { return a.replay(command.Context(), f, args[0]) },
	}
	flags := command.Flags()
	flags.SortFlags = false
	flags.StringVar(&f.config, "config", "", "configuration `FILE`")
	flags.StringVar(&f.keyFile, "key-file", "", "`FILE` of the master key: 64 hexadecimal digits and a newline")
	flags.Uint64Var(&f.epoch, "epoch", 0, "`EPOCH` to mint and to check in, that of the capture: "+
		"about its UNIX time divided by 64")
	flags.StringVar(&f.port, "port", "", "`PORT` that frames came in by when the capture does not name one "+
		"(default: the one whose zone has a screen)")
	flags.StringVar(&f.out, "out", "", "pcapng `FILE` for what would leave, with one interface for each port")
	require(command, "config", "key-file", "epoch")
	return command
}

// replay plays a capture; an error that is no failure is one of usage.
func (a *app) replay(ctx context.Context, f replayFlags, name string) error {
	offline, err := a.offline(f.config)
	if err != nil {
		return failure{err}
	}
	ports, err := replay.NewPorts(offline.Ports, f.port, offline.Hosts...)
	switch {
	case err != nil && f.port != "":
		return fmt.Errorf("--port: %w", err)
	case err != nil:
		return failure{fmt.Errorf("replay %s: %w", name, err)}
	}
	if err := a.play(ctx, f, name, replay.Player{Ports: ports, Lines: a.stdout}, offline.Snapshot); err != nil {
		return failure{fmt.Errorf("replay %s: %w", name, err)}
	}
	return nil
}

// offline reads and compiles a configuration as check does.
func (a *app) offline(path string) (userspace.Offline, error) {
	text, err := config.ReadFile(path)
	if err != nil {
		return userspace.Offline{}, err
	}
	parsed, err := a.parse(path, text)
	if err != nil {
		return userspace.Offline{}, err
	}
	offline, err := userspace.CompileOffline(parsed)
	return offline, listed(err)
}

func (a *app) play(ctx context.Context, f replayFlags, name string, player replay.Player,
	snapshot []byte) (err error) {
	in, err := openInput(name)
	if err != nil {
		return err
	}
	defer in.Close()
	player.Engine, err = userspace.OpenReplay(f.keyFile, f.epoch, snapshot)
	if err != nil {
		return err
	}
	defer player.Engine.Close()
	capture, err := replay.Open(in)
	if err != nil {
		return err
	}
	if f.out != "" {
		out, err := createOutput(f.out, in)
		if err != nil {
			return err
		}
		player.Out = out
		defer func() { err = errors.Join(err, out.Close()) }()
	}
	return player.Play(ctx, capture)
}

func openInput(name string) (*os.File, error) {
	if name == "-" {
		return os.Stdin, nil
	}
	return os.Open(name)
}

// createOutput makes the file for what leaves. It must not be the one that is read.
func createOutput(name string, in *os.File) (io.WriteCloser, error) {
	if was, err := os.Stat(name); err == nil {
		if is, err := in.Stat(); err == nil && os.SameFile(was, is) {
			return nil, fmt.Errorf("--out %s is the capture itself; name another file", name)
		}
	}
	out, err := os.Create(name)
	if err != nil {
		return nil, fmt.Errorf("make the output: %w", err)
	}
	return out, nil
}
