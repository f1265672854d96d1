package control

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"synscreen/pkg/dataplane"
	"synscreen/pkg/dataplane/userspace"
)

// looks is what a backend has to show.
type looks struct {
	floods  FloodReport
	options []IDSOption
	name    string // asked for
	clear   ClearRequest
	filter  dataplane.TapFilter
	batches []TapBatch
	tapErr  error         // what a look begins with
	endErr  error         // what it ends with; nil: it waits for the client to go
	gone    chan struct{} // closed when the client went
}

func (l *looks) Floods(context.Context) (FloodReport, error) { return l.floods, nil }

func (l *looks) IDSOptions(_ context.Context, name string) ([]IDSOption, error) {
	l.name = name
	return l.options, nil
}

func (l *looks) Clear(_ context.Context, request ClearRequest) (ClearResult, error) {
	l.clear = request
	return ClearResult(request), nil
}

func (l *looks) Tap(ctx context.Context, filter dataplane.TapFilter, send func(TapBatch) error) error {
	l.filter = filter
	if l.tapErr != nil {
		return l.tapErr
	}
	for _, batch := range append([]TapBatch{{}}, l.batches...) {
		if err := send(batch); err != nil {
			return err
		}
	}
	if l.endErr != nil {
		return l.endErr
	}
	<-ctx.Done()
	close(l.gone)
	return nil
}

func TestClientReadsWhatTheBackendSaysOfFloods(t *testing.T) {
	backend := &canned{looks: looks{
		floods: FloodReport{
			Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
			Floods: userspace.Floods{
				Zones: []dataplane.ZoneStatus{{Name: "untrust", IDs: []uint64{1, 2}}},
				Destinations: []dataplane.Destination{{
					Address: netip.MustParseAddrPort("[2001:db8::1]:80"), Looks: dataplane.LooksCrowd,
				}},
				Sources: []dataplane.Source{{Prefix: netip.MustParsePrefix("192.0.2.0/24"), SYNs: 3}},
			},
		},
		options: []IDSOption{{Name: "a b", Zones: []string{"untrust"}, Settings: []IDSSetting{{Name: "x", Value: "1"}}}},
	}}
	client, ctx := start(t, backend), t.Context()
	floods, err := client.Floods(ctx)
	if diff := cmp.Diff(backend.floods, floods, cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b }),
		cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" || err != nil {
		t.Errorf("floods: error %v (-want +got):\n%s", err, diff)
	}
	options, err := client.IDSOptions(ctx, "a b")
	same(t, "ids-options", backend.options, options, err)
	same(t, "name", "a b", backend.name, nil)
	cleared, err := client.Clear(ctx, ClearRequest{Zone: "untrust"})
	same(t, "clear", ClearResult{Zone: "untrust"}, cleared, err)
}

func TestTapTellsOfFramesUntilTheClientGoes(t *testing.T) {
	frame := dataplane.TapFrame{
		Time: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC), Interface: "eth1", Verdict: dataplane.Drop,
		Reason: "drop_land", Length: 60, Data: []byte{1, 2, 3},
	}
	out := dataplane.TapFrame{Time: frame.Time, Interface: "eth2", Side: dataplane.TapOut, Length: 60}
	backend := &canned{looks: looks{
		batches: []TapBatch{{Frames: []dataplane.TapFrame{frame, out}}, {}, {Lost: 7}},
		gone:    make(chan struct{}),
	}}
	client := start(t, backend)
	ctx, stop := context.WithCancel(t.Context())
	filter := dataplane.TapFilter{Interface: "eth1", SnapLength: 3}
	var lines []TapLine
	begun := false
	err := client.Tap(ctx, filter, func() { begun = true }, func(line TapLine) error {
		if lines = append(lines, line); len(lines) == 3 {
			stop()
		}
		return nil
	})
	same(t, "lines", []TapLine{{Frame: &frame}, {Frame: &out}, {Lost: 7}}, lines, err)
	same(t, "filter", filter, backend.filter, nil)
	if !begun {
		t.Error("nobody was told that it has begun")
	}
	<-backend.gone
}

func TestTapSaysWhyItEnds(t *testing.T) {
	for want, l := range map[string]looks{
		"eth9: is no port of the engine":                             {tapErr: errors.New("eth9: is no port of the engine")},
		"the daemon has ended the look at frames: another has begun": {endErr: errors.New("another has begun")},
	} {
		client := start(t, &canned{looks: l})
		err := client.Tap(t.Context(), dataplane.TapFilter{}, func() {}, func(TapLine) error { return nil })
		if err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

func TestTapEndsWhenTheReaderHasEnough(t *testing.T) {
	backend := &canned{looks: looks{batches: []TapBatch{{Lost: 1}}, gone: make(chan struct{})}}
	client := start(t, backend)
	err := client.Tap(t.Context(), dataplane.TapFilter{}, func() {}, func(TapLine) error { return io.EOF })
	if !errors.Is(err, io.EOF) {
		t.Errorf("error %v", err)
	}
	<-backend.gone
}

func TestLooksThatCannotBeReadAreRefused(t *testing.T) {
	handler := Handler(&canned{})
	for _, test := range []struct{ method, target, body, want string }{
		{"POST", "/v1/tap", `{"snap_length":4097}`, `{"error":"snap_length 4097: 4096 bytes at most can be copied"}`},
		{"POST", "/v1/tap", `{"tuple":["192.0.2.1:1","[2001:db8::1]:2"]}`,
			`{"error":"tuple: 192.0.2.1 and 2001:db8::1 are not of one address family"}`},
		{"POST", "/v1/tap", `{"tuple":["192.0.2.1:1",""]}`, `{"error":"tuple: not two addresses with a port each"}`},
		{"POST", "/v1/clear", `{`, `{"error":"read the request to clear: unexpected end of JSON input"}`},
	} {
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, httptest.NewRequest(test.method, test.target, strings.NewReader(test.body)))
		if got := strings.TrimSpace(recorder.Body.String()); recorder.Code != http.StatusBadRequest || got != test.want {
			t.Errorf("%s %s: status %d, body %s", test.target, test.body, recorder.Code, got)
		}
	}
}
