package daemon

import (
	"context"
	"testing"

	"synscreen/pkg/control"
	"synscreen/pkg/dataplane"
)

func TestAnUnknownNameIsToldWithThoseThatThereAre(t *testing.T) {
	const nothing = "no configuration is running; `synscreen show capabilities` says why"
	filter := dataplane.FlowFilter{Wire: "w3"}
	for _, test := range []struct {
		want string
		ask  func(context.Context, *backend) error
	}{
		{"clear connections of wire w3: no such wire; the wires are [w1 w2]",
			func(ctx context.Context, b *backend) error {
				_, err := b.ClearFlows(ctx, control.ClearFlowsRequest{FlowFilter: filter})
				return err
			}},
		{"show connections of wire w3: no such wire; the wires are [w1 w2]",
			func(ctx context.Context, b *backend) error {
				_, err := b.Flows(ctx, control.FlowQuery{FlowFilter: filter})
				return err
			}},
		{"clear the statistics of zone dmz: no such zone; the zones are [trust untrust]",
			func(ctx context.Context, b *backend) error {
				_, err := b.Clear(ctx, control.ClearRequest{Zone: "dmz"})
				return err
			}},
		{"show validated clients of zone dmz: no such zone; the zones are [trust untrust]",
			func(ctx context.Context, b *backend) error {
				_, err := b.Validated(ctx, control.ValidatedQuery{Zone: "dmz"})
				return err
			}},
		{"clear validated clients of zone dmz: no such zone; the zones are [trust untrust]",
			func(ctx context.Context, b *backend) error {
				_, err := b.ClearValidated(ctx, control.ClearValidatedRequest{Zone: "dmz"})
				return err
			}},
		{"look at frames of port eth9: no such port; the ports are [eth1 eth2]",
			func(ctx context.Context, b *backend) error {
				return b.Tap(ctx, dataplane.TapFilter{Interface: "eth9"}, new(tapLog).send)
			}},
	} {
		engine := &clearable{idleEngine: newIdleEngine()}
		if err := test.ask(t.Context(), sessionBackend(t, engine)); err == nil || err.Error() != test.want {
			t.Errorf("error %v, want %s", err, test.want)
		}
		if len(engine.filters) != 0 {
			t.Errorf("cleared %v", engine.filters)
		}
		if err := test.ask(t.Context(), sessionBackend(t, newIdleEngine())); err == nil || err.Error() != nothing {
			t.Errorf("nothing runs: error %v, want %s", err, nothing)
		}
	}
}

func TestFramesOfAnyPortNeedOne(t *testing.T) {
	b := sessionBackend(t, newIdleEngine())
	if err := b.Tap(t.Context(), noFilter(), new(tapLog).send); err != errNothingRuns {
		t.Errorf("error %v", err)
	}
}
