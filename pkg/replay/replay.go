// Package replay puts the frames of a capture through an engine without interfaces and tells what became
// of each.
package replay

import (
	"context"
	"errors"
	"fmt"
	"io"

	"synscreen/pkg/dataplane/userspace"
)

// Player is one replay.
type Player struct {
	Engine userspace.Replay
	Ports  *Ports
	Lines  io.Writer // gets one line for each frame, then the summary
	Out    io.Writer // gets what leaves, as pcapng; nil: nobody wants it
}

// Play replays a capture. After an error what was read until then is told and written all the same.
func (p Player) Play(ctx context.Context, from *Capture) error {
	run := playing{Player: p, tally: newTally(), format: newFormat(p.Ports)}
	if p.Out != nil {
		var err error
		if run.output, err = newOutput(p.Out, p.Ports); err != nil {
			return err
		}
	}
	err := run.all(ctx, from)
	if run.output != nil {
		err = errors.Join(err, run.output.flush())
	}
	return errors.Join(err, run.tally.print(p.Lines, run.clock.elapsed))
}

// playing is a replay under way.
type playing struct {
	Player
	clock  clock
	tally  *tally
	format format
	output *output // nil: nobody wants it
}

func (p *playing) all(ctx context.Context, from *Capture) error {
	for number := uint64(1); ; number++ {
		f, err := from.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = ctx.Err()
		}
		if err == nil {
			err = p.one(number, f)
		}
		if err != nil {
			return fmt.Errorf("frame %d: %w", number, err)
		}
	}
}

// one puts one frame through.
func (p *playing) one(number uint64, f frame) error {
	port, err := p.Ports.of(f)
	if err != nil {
		return err
	}
	p.clock.advance(f.time)
	result, err := p.Engine.Frame(port, p.clock.elapsed, f.data)
	if err != nil {
		return err
	}
	p.tally.count(result)
	line := line{number: number, elapsed: p.clock.elapsed, port: port, frame: f, result: result}
	if _, err := io.WriteString(p.Lines, p.format.of(line)); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return p.leave()
}

// leave takes what left because of the last frame.
func (p *playing) leave() error {
	for {
		frame, ok, err := p.Engine.Output()
		if err != nil || !ok {
			return err
		}
		p.tally.left++
		if p.output == nil {
			continue
		}
		if err := p.output.write(frame, p.clock.wall()); err != nil {
			return err
		}
	}
}
