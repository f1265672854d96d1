package cli

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"synscreen/pkg/dataplane"
	"synscreen/pkg/replay"
)

// headersLength is how many bytes of a frame are asked for to describe it: with two VLAN tags, eight IPv6
// extension headers as they are used, and TCP's.
const headersLength = 256

func (a *app) monitorTrafficCommand() *cobra.Command {
	var seconds, count int
	command := &cobra.Command{
		Use:   "traffic interface INTERFACE [write-file FILE]",
		Short: "Show the frames of an interface, both ways, or write them to a file",
		Long: "Shows each frame that comes in by an interface or leaves by it: when, what it is, in or out, and of\n" +
			"what came in the verdict and the reason. With write-file, whole frames go to FILE as pcapng, with\n" +
			"verdict and reason as each one's comment. Ends with --count frames, after --seconds, or with Ctrl-C.\n" +
			"A worker keeps 1 MiB of copies, which are fetched five times a second: what finds no room is\n" +
			"counted as lost, and forwarding never waits. There is one look at frames at a time: trace and\n" +
			"`monitor traffic` end one that began before.",
		Args: func(_ *cobra.Command, args []string) error {
			named := len(args) >= 2 && args[0] == "interface"
			if !named || len(args) != 2 && (len(args) != 4 || args[2] != "write-file") {
				return fmt.Errorf("traffic takes `interface INTERFACE [write-file FILE]`, not %q", args)
			}
			return checkLook(seconds, count)
		},
		RunE: run(func(ctx context.Context, args []string) error {
			l := look{
				filter:  dataplane.TapFilter{Interface: args[1], SnapLength: headersLength},
				seconds: seconds, count: count, show: a.printFrame,
				begun: "frames of " + args[1],
			}
			if len(args) == 2 {
				return a.look(ctx, l)
			}
			l.filter.SnapLength = dataplane.TapSnapMax
			l.begun += ", to " + args[3]
			return a.writeFrames(ctx, l, args[3])
		}),
	}
	command.Flags().IntVar(&seconds, "seconds", lookSecondsMax, "end after so many seconds")
	command.Flags().IntVar(&count, "count", 0, "end after so many frames; 0: no bound")
	return command
}

// printFrame prints what a frame is and what became of it.
func (a *app) printFrame(frame dataplane.TapFrame) error {
	_, err := fmt.Fprintf(a.stdout, "%s  %s  %s, length %d\n", frame.Time.Local().Format(frameClock),
		fateOf(frame), replay.Describe(frame.Data), frame.Length)
	return err
}

// writeFrames writes the frames of a look to a file, which is not touched before the look begins.
func (a *app) writeFrames(ctx context.Context, l look, path string) error {
	var file *os.File
	var capture *captureFile
	l.begin = func() (err error) {
		file, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
		if err != nil {
			return fmt.Errorf("write frames: %w", err)
		}
		capture, err = newCaptureFile(file, l.filter.Interface)
		return err
	}
	l.show = func(frame dataplane.TapFrame) error { return capture.write(frame) }
	err := a.look(ctx, l)
	if capture != nil {
		err = errors.Join(err, capture.flush())
	}
	if file != nil {
		err = errors.Join(err, file.Close())
	}
	return err
}
