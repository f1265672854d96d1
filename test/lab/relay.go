package lab

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// BadLink is a link that loses, repeats and delays frames, in both directions alike. Offloads are off at
// the ends of a lab that has one: what they leave undone nobody would do behind it.
type BadLink struct {
	Loss, Duplicate, Reorder float64       // percent of the frames
	Hold                     time.Duration // of a frame that others are to overtake; 2 ms by default
	Seed                     uint64        // the n-th frame of a direction meets the same fate again
}

// relaySeconds ends a relay that nobody else ends: longer than any test.
const relaySeconds = 300

// Relay is a bad link at work.
type Relay struct{ *Process }

// RelayCounts are of one direction. Received - Lost + Duplicated = Sent + Failed.
type RelayCounts struct {
	Received, Lost, Duplicated, Reordered, Sent uint64

	Crowded uint64 // not held, for want of room
	Failed  uint64 // not taken by the kernel
	Overrun uint64 // lost by the kernel, before the relay could draw for it
}

// RelayResult is what a relay says at its end.
type RelayResult struct {
	ToServer RelayCounts `json:"a"`
	ToClient RelayCounts `json:"b"`
}

// Both is the sum of the directions.
func (r RelayResult) Both() RelayCounts {
	a, b := r.ToServer, r.ToClient
	return RelayCounts{Received: a.Received + b.Received, Lost: a.Lost + b.Lost,
		Duplicated: a.Duplicated + b.Duplicated, Reordered: a.Reordered + b.Reordered,
		Sent: a.Sent + b.Sent, Crowded: a.Crowded + b.Crowded, Failed: a.Failed + b.Failed,
		Overrun: a.Overrun + b.Overrun}
}

// Result ends the relay, and its link with it, and reads its counts.
func (r *Relay) Result(ctx context.Context) (RelayResult, error) {
	var result RelayResult
	if err := r.Stop(ctx); err != nil {
		return result, err
	}
	lines := strings.Split(strings.TrimSpace(r.Stdout()), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &result); err != nil {
		return result, fmt.Errorf("%s: %w", r, err)
	}
	return result, nil
}

// insertRelay makes the machine of a bad link between an end and the one that it returns; start begins
// to relay, once both its cables are there.
func (w *WireLab) insertRelay(ctx context.Context, role string, link *BadLink, at End, to **Relay) (End, error) {
	n, err := w.machine(ctx, role, true)
	if err != nil {
		return End{}, err
	}
	near, far := End{n, "near", "02:00:00:00:06:01"}, End{n, "far", "02:00:00:00:06:02"}
	w.later = append(w.later, func(ctx context.Context) (err error) {
		*to, err = n.startRelay(ctx, near.Dev, far.Dev, *link)
		return err
	})
	return far, w.cable(ctx, at, near)
}

func (n *Namespace) startRelay(ctx context.Context, a, b string, link BadLink) (*Relay, error) {
	binary, err := Built("c/test/synscreen-relay")
	if err != nil {
		return nil, err
	}
	percent := func(p float64) string { return strconv.FormatFloat(p, 'f', -1, 64) }
	args := []string{binary, "--a", a, "--b", b, "--loss", percent(link.Loss),
		"--duplicate", percent(link.Duplicate), "--reorder", percent(link.Reorder),
		"--seed", strconv.FormatUint(link.Seed, 10), "--seconds", strconv.Itoa(relaySeconds)}
	if link.Hold != 0 {
		args = append(args, "--hold-ms", strconv.FormatInt(link.Hold.Milliseconds(), 10))
	}
	p, err := n.Start(args...)
	if err != nil {
		return nil, err
	}
	return &Relay{p}, WaitFor(ctx, p.String(), startLimit, func() (bool, error) {
		select {
		case <-p.Done():
			return false, fmt.Errorf("it ended: %s", p.Output())
		default:
		}
		return strings.Contains(p.Stdout(), "relaying"), nil
	})
}
