package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"synscreen/pkg/config"
	"synscreen/pkg/daemon"
	"synscreen/pkg/dataplane"
	"synscreen/pkg/dataplane/userspace"
)

// Defaults of the engine's memory.
const (
	defaultFlows        = 1 << 18
	defaultFrames       = 1 << 15
	defaultChunk        = 2048
	defaultLearningS    = 30
	defaultLearningRate = 10_000
)

// word is a flag that takes one of some words.
type word struct {
	value   string
	allowed []string
}

func (w *word) String() string { return w.value }

// Type names the words in the help.
func (w *word) Type() string { return strings.Join(w.allowed, "|") }

// Set takes one of the words.
func (w *word) Set(text string) error {
	if !slices.Contains(w.allowed, text) {
		return fmt.Errorf("one of %s is known", strings.Join(w.allowed, ", "))
	}
	w.value = text
	return nil
}

func newWord(allowed ...string) word { return word{value: allowed[0], allowed: allowed} }

// runFlags are the flags of `synscreen run`.
type runFlags struct {
	options   daemon.Options
	attach    word
	bind      word
	logFormat word
	logLevel  word
}

func (a *app) runCommand() *cobra.Command {
	f := &runFlags{
		attach:    newWord("native", "generic"),
		bind:      newWord("auto", "copy", "zero-copy"),
		logFormat: newWord("text", "json"),
		logLevel:  newWord("info", "debug", "warn", "error"),
	}
	command := &cobra.Command{
		Use:   "run --config FILE",
		Short: "Run the daemon",
		Long: "Runs the daemon in the foreground until SIGTERM or SIGINT; SIGHUP reads FILE again. Its connections\n" +
			"are handed over to the next daemon of the same state directory.\n" +
			"It starts from FILE, whatever was committed to the daemon before; `rollback` reaches that. Only a\n" +
			"text that was committed by `commit confirmed` and never confirmed is not started: the log then\n" +
			"says so, and what was confirmed last runs.\n\n" +
			"A FILE with errors ends the start. One that the engine or the capability gate refuses does not:\n" +
			"traffic passes as each wire's on-failure says, where a bridge could be made, the log and\n" +
			"`show capabilities` say why, and the daemon tries again, first after 5 s, in the end every 60 s.",
		Args: takes(0, 0),
		RunE: func(command *cobra.Command, args []string) error {
			if err := checkSizes(f.options.Engine); err != nil {
				return err
			}
			return run(func(ctx context.Context, _ []string) error { return a.runDaemon(ctx, f) })(command, args)
		},
	}
	flags := command.Flags()
	flags.SortFlags = false
	engine := &f.options.Engine
	flags.StringVar(&f.options.ConfigFile, "config", "", "configuration `FILE` (required)")
	flags.StringVar(&engine.StateDir, "state-dir", daemon.DefaultStateDir,
		"`DIR` of the master key and of what a restart must recognise")
	flags.StringVar(&f.options.MetricsAddr, "metrics", "",
		"`ADDR` such as 127.0.0.1:9700 that serves Prometheus metrics (default off)")
	flags.StringVar(&f.options.Syslog, "syslog", "",
		"`TARGET` that is sent events as RFC 5424 datagrams: the path of a socket, or udp://HOST:PORT (default none)")
	flags.Uint32Var(&engine.FlowsMax, "flows", defaultFlows,
		"`ENTRIES` of the flow table, a power of two from 1024 to 16777216")
	flags.Uint32Var(&engine.FramesPerWorker, "frames", defaultFrames,
		"`BUFFERS` of each worker for frames, a power of two from 2048 to 262144")
	flags.Uint32Var(&engine.ChunkSize, "chunk-size", defaultChunk,
		"`BYTES` of a packet buffer, 2048 or 4096; an MTU up to 278 bytes less fits")
	flags.Var(&f.attach, "attach", "where the XDP program runs: in the driver or behind it")
	flags.Var(&f.bind, "bind", "whether frames are copied: auto takes zero-copy where the driver has it")
	flags.DurationVar(&engine.BusyPoll, "busy-poll", 0,
		"`DURATION`, such as 50us, for which a worker polls its queues after each frame before it sleeps, at most\n"+
			"1s; it then needs a processor of its own (default off)")
	flags.Uint16Var(&engine.LearningSeconds, "learning-seconds", defaultLearningS,
		"`SECONDS` after the start in which connections that were there before are learned, 0 to 3600")
	flags.Uint32Var(&engine.LearningRate, "learning-rate", defaultLearningRate,
		"`SEGMENTS` of unknown connections that pass meanwhile, per second and worker")
	flags.Var(&f.logFormat, "log-format", "form of the log on standard error")
	flags.Var(&f.logLevel, "log-level", "least level that is logged")
	if err := command.MarkFlagRequired("config"); err != nil {
		panic(err)
	}
	return command
}

// checkSizes refuses what the engine would refuse, by the name that the flag has here.
func checkSizes(engine dataplane.EngineOptions) error {
	switch {
	case !powerOfTwo(engine.FlowsMax, 1<<10, 1<<24):
		return fmt.Errorf("--flows %d: a power of two from 1024 to 16777216 is possible", engine.FlowsMax)
	case !powerOfTwo(engine.FramesPerWorker, 1<<11, 1<<18):
		return fmt.Errorf("--frames %d: a power of two from 2048 to 262144 is possible", engine.FramesPerWorker)
	case engine.ChunkSize != 2048 && engine.ChunkSize != 4096:
		return fmt.Errorf("--chunk-size %d: 2048 or 4096 is possible", engine.ChunkSize)
	case engine.BusyPoll < 0 || engine.BusyPoll > time.Second || engine.BusyPoll%time.Microsecond != 0:
		return fmt.Errorf("--busy-poll %v: whole microseconds from 0 to 1s are possible", engine.BusyPoll)
	case engine.LearningSeconds > 3600:
		return fmt.Errorf("--learning-seconds %d: from 0 to 3600 is possible", engine.LearningSeconds)
	}
	return nil
}

func powerOfTwo(n, least, most uint32) bool { return n >= least && n <= most && n&(n-1) == 0 }

func (a *app) runDaemon(ctx context.Context, f *runFlags) error {
	options := f.options
	options.ControlSocket = a.socket
	options.OpenEngine = userspace.Open
	options.Log = a.logger(f)
	if err := errors.Join(
		options.Engine.Attach.UnmarshalText([]byte(f.attach.value)),
		options.Engine.Bind.UnmarshalText([]byte(f.bind.value)),
	); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	options.Hangup = hangup
	return listed(daemon.Run(ctx, options))
}

func (a *app) logger(f *runFlags) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(f.logLevel.value)); err != nil {
		level = slog.LevelInfo
	}
	options := &slog.HandlerOptions{Level: level}
	if f.logFormat.value == "json" {
		return slog.New(slog.NewJSONHandler(a.stderr, options))
	}
	return slog.New(slog.NewTextHandler(a.stderr, options))
}

// listed lets errors that carry positions of their own stand for themselves.
func listed(err error) error {
	var parsed *config.ErrorList
	var refused *userspace.RefusedError
	switch {
	case errors.As(err, &parsed):
		return listing{parsed.Error()}
	case errors.As(err, &refused):
		return listing{refused.Error()}
	}
	return err
}
