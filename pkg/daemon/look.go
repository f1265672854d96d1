package daemon

import (
	"context"
	"errors"
	"time"

	"synscreen/pkg/control"
	"synscreen/pkg/dataplane"
	"synscreen/pkg/dataplane/userspace"
)

// Looker is what the daemon needs of userspace.Manager to tell of floods and of single frames.
type Looker interface {
	Floods() (userspace.Floods, error)
	Clear(zone string) error
	Tap(filter dataplane.TapFilter) (userspace.TapID, error)
	TapRead(id userspace.TapID) ([]dataplane.TapFrame, uint64, error)
	TapEnd(id userspace.TapID) error
}

// tapReadsMax bounds the readings between two flushes: the client gets what there is, in the end.
const tapReadsMax = 64

// Floods tells what floods.
func (b *backend) Floods(context.Context) (control.FloodReport, error) {
	floods, err := b.dataplane.Floods()
	return control.FloodReport{Time: time.Now(), Floods: floods}, err
}

// IDSOptions tells how a profile of the running configuration reads, or all of them.
func (b *backend) IDSOptions(ctx context.Context, name string) ([]control.IDSOption, error) {
	return hand(ctx, b, func(l *loop) ([]control.IDSOption, error) { return l.idsOptions(name) })
}

// Clear sets the statistics of a zone, or of all, to zero.
func (b *backend) Clear(_ context.Context, request control.ClearRequest) (control.ClearResult, error) {
	if err := b.knowsZone("clear the statistics", request.Zone); err != nil {
		return control.ClearResult{}, err
	}
	return control.ClearResult(request), b.dataplane.Clear(request.Zone)
}

// Tap sends the frames that a filter selects until the context ends, somebody else looks, or the daemon
// stops. The tap is off then.
func (b *backend) Tap(ctx context.Context, filter dataplane.TapFilter, send func(control.TapBatch) error) (err error) {
	if err := b.knowsPort("look at frames", filter.Interface); err != nil {
		return err
	}
	id, err := b.dataplane.Tap(filter)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.dataplane.TapEnd(id)) }()
	if err := send(control.TapBatch{}); err != nil {
		return err
	}
	ticker := time.NewTicker(control.TapInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-b.done:
			return errors.New("the daemon is stopping")
		case <-ticker.C:
		}
		if err := b.tapFlush(id, send); err != nil {
			return err
		}
	}
}

// tapFlush sends what was copied since the last time.
func (b *backend) tapFlush(id userspace.TapID, send func(control.TapBatch) error) error {
	for range tapReadsMax {
		frames, lost, err := b.dataplane.TapRead(id)
		if err != nil {
			return err
		}
		if err := send(control.TapBatch{Frames: frames, Lost: lost}); err != nil {
			return err
		}
		if len(frames) == 0 {
			break
		}
	}
	return nil
}
