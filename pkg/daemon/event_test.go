package daemon

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"synscreen/pkg/dataplane"
)

// reading is what the engine gives at one call.
type reading struct {
	events []dataplane.Event
	lost   uint64
	err    error
}

// readings is a source that gives them one after the other, and then nothing.
type readings []reading

func (r *readings) Events(int) ([]dataplane.Event, uint64, error) {
	if len(*r) == 0 {
		return nil, 0, nil
	}
	next := (*r)[0]
	*r = (*r)[1:]
	return next.events, next.lost, next.err
}

var (
	attacker = netip.MustParseAddrPort("198.18.0.7:40000")
	victim   = netip.MustParseAddrPort("203.0.113.10:443")
	noon     = time.Date(2026, 1, 2, 12, 0, 0, 123456789, time.UTC)
)

func alarm() dataplane.Event {
	return dataplane.Event{
		Time: noon, Kind: dataplane.EventAlarm, Screen: dataplane.ScreenSynFlood, Zone: "untrust",
		Interface: "eth1", Source: attacker, Destination: victim, Protocol: 6, Dropped: true, Count: 512,
	}
}

func altered(event dataplane.Event, change func(e *dataplane.Event)) dataplane.Event {
	change(&event)
	return event
}

func TestEventsBecomeRecords(t *testing.T) {
	const between = `source=198.18.0.7 source_port=40000 destination=203.0.113.10 destination_port=443 `
	screen := func(screen dataplane.Screen) dataplane.Event {
		return altered(alarm(), func(e *dataplane.Event) { e.Kind, e.Screen = dataplane.EventScreen, screen })
	}
	for _, test := range []struct {
		name  string
		event dataplane.Event
		want  string
	}{
		{"alarm", alarm(), `level=WARN msg="SYN flood alarm" tag=RT_SCREEN_TCP attack="TCP SYN flood" ` + between +
			`protocol=6 zone=untrust interface=eth1 count=512 action=drop`},
		{"alarm without drop",
			altered(alarm(), func(e *dataplane.Event) { e.Dropped = false }),
			`level=WARN msg="SYN flood alarm" tag=RT_SCREEN_TCP attack="TCP SYN flood" ` + between +
				`protocol=6 zone=untrust interface=eth1 count=512 action=alarm-without-drop`},
		{"a flood begins",
			altered(alarm(), func(e *dataplane.Event) { e.Kind, e.Count = dataplane.EventFloodStart, 201 }),
			`level=WARN msg="SYN flood began" tag=RT_SCREEN_TCP attack="TCP SYN flood" ` + between +
				`protocol=6 zone=untrust interface=eth1 count=201 action=drop`},
		{"a flood ends",
			dataplane.Event{Kind: dataplane.EventFloodEnd, Screen: dataplane.ScreenSynFlood, Zone: "untrust",
				Destination: victim, Protocol: 6, Looks: dataplane.LooksSpoofed, Count: 4_000_000,
				Duration: 20*time.Second + 140*time.Millisecond},
			`level=INFO msg="SYN flood ended" tag=RT_SCREEN_TCP attack="TCP SYN flood" ` +
				`destination=203.0.113.10 destination_port=443 protocol=6 zone=untrust duration_s=20.1 ` +
				`syns=4000000 looks=spoofed`},
		{"source threshold", screen(dataplane.ScreenSynFloodSource),
			`level=WARN msg="screen has acted" tag=RT_SCREEN_TCP_SRC_IP attack="SYN flood source" ` + between +
				`protocol=6 zone=untrust interface=eth1 count=512 action=drop`},
		{"destination threshold", screen(dataplane.ScreenSynFloodDestination),
			`level=WARN msg="screen has acted" tag=RT_SCREEN_TCP_DST_IP attack="SYN flood destination" ` + between +
				`protocol=6 zone=untrust interface=eth1 count=512 action=drop`},
		{"no ports", altered(screen(dataplane.ScreenICMPFlood), func(e *dataplane.Event) {
			e.Source, e.Destination = netip.AddrPortFrom(attacker.Addr(), 0), netip.MustParseAddrPort("[2001:db8::1]:0")
			e.Protocol = 58
		}), `level=WARN msg="screen has acted" tag=RT_SCREEN_ICMP attack="ICMP flood" source=198.18.0.7 ` +
			`destination=2001:db8::1 protocol=58 zone=untrust interface=eth1 count=512 action=drop`},
	} {
		t.Run(test.name, func(t *testing.T) {
			var log journal
			newEventLog(log.logger(), nil).poll(noon, &readings{{events: []dataplane.Event{test.event}}})
			if diff := cmp.Diff([]string{test.want}, log.take()); diff != "" {
				t.Errorf("records (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEveryScreenHasATagOfItsProtocol(t *testing.T) {
	for _, screen := range dataplane.Screens() {
		label, tag := screen.String(), screen.Tag()
		protocol, _, _ := strings.Cut(label, "_")
		want := map[string]string{
			"tcp": "RT_SCREEN_TCP", "udp": "RT_SCREEN_UDP", "icmp": "RT_SCREEN_ICMP", "icmpv6": "RT_SCREEN_ICMP",
			"ip": "RT_SCREEN_IP", "ipv6": "RT_SCREEN_IP", "source": "RT_SCREEN_SESSION_LIMIT",
			"destination": "RT_SCREEN_SESSION_LIMIT",
		}[protocol]
		switch screen {
		case dataplane.ScreenSynFloodSource:
			want = "RT_SCREEN_TCP_SRC_IP"
		case dataplane.ScreenSynFloodDestination:
			want = "RT_SCREEN_TCP_DST_IP"
		}
		if tag != want {
			t.Errorf("%s (%s): tag %s, want %s", label, screen.Row(), tag, want)
		}
	}
}

func TestRecordsOfATagAreLimitedAndTheRestIsCounted(t *testing.T) {
	var log journal
	e := newEventLog(log.logger(), nil)
	burst := make([]dataplane.Event, tagRecordsMax+5)
	for i := range burst {
		burst[i] = alarm()
	}
	udp := altered(alarm(), func(e *dataplane.Event) { e.Kind, e.Screen = dataplane.EventScreen, dataplane.ScreenUDPFlood })
	e.poll(noon, &readings{{events: append(burst, udp)}})
	lines := log.take()
	if len(lines) != tagRecordsMax+1 || !strings.Contains(lines[tagRecordsMax], "tag=RT_SCREEN_UDP") {
		t.Errorf("%d records, want %d of the burst and one of another tag", len(lines), tagRecordsMax)
	}
	e.poll(noon.Add(eventWindow-1), &readings{{events: burst[:2]}})
	if lines := log.take(); len(lines) != 0 {
		t.Errorf("in the same window: %v", lines)
	}
	e.poll(noon.Add(eventWindow), &readings{{events: burst[:1]}})
	lines = log.take()
	if len(lines) != 2 || lines[0] != `level=WARN msg="records suppressed" tag=RT_SCREEN_TCP suppressed=7` ||
		!strings.Contains(lines[1], "SYN flood alarm") {
		t.Errorf("in the next window: %v", lines)
	}
	e.poll(noon.Add(2*eventWindow), &readings{})
	if lines := log.take(); len(lines) != 0 {
		t.Errorf("after a window without suppression: %v", lines)
	}
	if got := e.totals(); got.Logged != tagRecordsMax+2 || got.Suppressed != 7 {
		t.Errorf("totals %+v", got)
	}
}

func TestLostEventsAreToldOnceAWindow(t *testing.T) {
	var log journal
	e := newEventLog(log.logger(), nil)
	e.poll(noon, &readings{{lost: 3}})
	e.poll(noon.Add(eventWindow/2), &readings{{lost: 4}})
	if lines := log.take(); len(lines) != 0 {
		t.Errorf("before the window's end: %v", lines)
	}
	e.finish(noon.Add(eventWindow/2), &readings{{lost: 1}})
	want := []string{`level=WARN msg="events lost: the engine had no room for them" ` +
		`tag=SYNSCREEN_EVENTS_LOST lost=8`}
	if diff := cmp.Diff(want, log.take()); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
	if got := e.totals().Lost; got != 8 {
		t.Errorf("total %d", got)
	}
}

func TestAFullReadingIsFollowedByAnother(t *testing.T) {
	full := make([]dataplane.Event, eventsChunk)
	var log journal
	e := newEventLog(log.logger(), nil)
	e.poll(noon, &readings{{events: full}, {events: full[:1]}, {events: full}})
	if got := e.totals(); got.Logged+got.Suppressed != eventsChunk+1 {
		t.Errorf("totals %+v, want %d events", got, eventsChunk+1)
	}
}

func TestEngineWithoutEventsIsToldOnce(t *testing.T) {
	var log journal
	e := newEventLog(log.logger(), nil)
	broken := errors.New("closed")
	source := &readings{{err: broken}, {err: broken}, {}, {err: broken}}
	for range 4 {
		e.poll(noon, source)
	}
	want := `level=ERROR msg="engine gives no events" error=closed`
	if diff := cmp.Diff([]string{want, want}, log.take()); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
}

func TestLoopTellsOfEventsWithinItsInterval(t *testing.T) {
	inLoop(t, &scripted{}, func(t *testing.T, b *bench) {
		b.log.take()
		b.dataplane.change(func() { b.dataplane.events = []dataplane.Event{alarm()} })
		time.Sleep(eventInterval)
		synctest.Wait()
		if lines := b.log.take(); len(lines) != 1 || !strings.Contains(lines[0], "SYN flood alarm") {
			t.Errorf("records %v", lines)
		}
	})
}
