package daemon

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"synscreen/pkg/control"
	"synscreen/pkg/dataplane"
	"synscreen/pkg/dataplane/userspace"
)

// idleLook is an engine that has nothing to show.
type idleLook struct{}

func (idleLook) Destinations() ([]dataplane.Destination, error) { return nil, nil }
func (idleLook) Sources(int) ([]dataplane.Source, error)        { return nil, nil }
func (idleLook) Tap(*dataplane.TapFilter) error                 { return nil }
func (idleLook) TapRead() ([]dataplane.TapFrame, uint64, error) { return nil, 0, nil }
func (idleLook) Clear(string) error                             { return nil }

// scriptedLook is a dataplane whose frames come as they are told to.
type scriptedLook struct {
	lookMu  sync.Mutex
	frames  []dataplane.TapFrame // read one by one
	lost    uint64
	tapErr  error
	filters []dataplane.TapFilter
	tap     userspace.TapID // that is on; 0: none
	cleared []string
}

// look gives the script another turn.
func (s *scriptedLook) look(turn func()) {
	s.lookMu.Lock()
	defer s.lookMu.Unlock()
	turn()
}

func (s *scriptedLook) Floods() (userspace.Floods, error) {
	return userspace.Floods{Zones: []dataplane.ZoneStatus{{Name: "untrust"}}}, nil
}

func (s *scriptedLook) Clear(zone string) error {
	s.look(func() { s.cleared = append(s.cleared, zone) })
	return nil
}

func (s *scriptedLook) Tap(filter dataplane.TapFilter) (userspace.TapID, error) {
	s.lookMu.Lock()
	defer s.lookMu.Unlock()
	if s.tapErr != nil {
		return 0, s.tapErr
	}
	s.filters = append(s.filters, filter)
	s.tap = userspace.TapID(len(s.filters))
	return s.tap, nil
}

func (s *scriptedLook) TapRead(id userspace.TapID) ([]dataplane.TapFrame, uint64, error) {
	s.lookMu.Lock()
	defer s.lookMu.Unlock()
	if id != s.tap {
		return nil, 0, userspace.ErrTapReplaced
	}
	lost := s.lost
	s.lost = 0
	if len(s.frames) == 0 {
		return nil, lost, nil
	}
	first := s.frames[:1]
	s.frames = s.frames[1:]
	return first, lost, nil
}

func (s *scriptedLook) TapEnd(id userspace.TapID) error {
	s.lookMu.Lock()
	defer s.lookMu.Unlock()
	if id == s.tap {
		s.tap = 0
	}
	return nil
}

func TestFloodsHaveTheTimeOfTheDaemon(t *testing.T) {
	inLoop(t, &scripted{}, func(t *testing.T, b *bench) {
		floods, err := b.backend.Floods(t.Context())
		if err != nil || !floods.Time.Equal(time.Now()) || len(floods.Zones) != 1 {
			t.Errorf("%+v, error %v", floods, err)
		}
		cleared, err := b.backend.Clear(t.Context(), control.ClearRequest{Zone: "untrust"})
		if err != nil || cleared.Zone != "untrust" || len(b.dataplane.cleared) != 1 {
			t.Errorf("cleared %v, %v, error %v", cleared, b.dataplane.cleared, err)
		}
	})
}

// tapLog keeps what a look sends, with its time from the beginning of the look on.
type tapLog struct {
	began  time.Time
	frames []string
	lost   uint64
	sent   int
}

func (l *tapLog) send(batch control.TapBatch) error {
	l.sent++
	l.lost += batch.Lost
	for _, frame := range batch.Frames {
		l.frames = append(l.frames, time.Since(l.began).String()+" "+frame.Interface)
	}
	return nil
}

func TestTapSendsWhatComesUntilTheClientGoes(t *testing.T) {
	inLoop(t, &scripted{}, func(t *testing.T, b *bench) {
		ctx, stop := context.WithCancel(t.Context())
		log := tapLog{began: time.Now()}
		ended := make(chan error)
		go func() { ended <- b.backend.Tap(ctx, dataplane.TapFilter{Interface: "eth1"}, log.send) }()
		synctest.Wait()
		if log.sent != 1 || b.dataplane.tap == 0 {
			t.Errorf("sent %d at the beginning, tap %d", log.sent, b.dataplane.tap)
		}
		b.dataplane.look(func() {
			b.dataplane.frames = []dataplane.TapFrame{{Interface: "eth1"}, {Interface: "eth2"}}
			b.dataplane.lost = 5
		})
		time.Sleep(300 * time.Millisecond)
		b.dataplane.look(func() { b.dataplane.frames = []dataplane.TapFrame{{Interface: "eth3"}} })
		time.Sleep(200 * time.Millisecond)
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		want := []string{"200ms eth1", "200ms eth2", "400ms eth3"}
		if diff := cmp.Diff(want, log.frames); diff != "" || log.lost != 5 || b.dataplane.tap != 0 {
			t.Errorf("lost %d, tap %d, frames (-want +got):\n%s", log.lost, b.dataplane.tap, diff)
		}
	})
}

func TestTapTellsTheFirstThatASecondHasBegun(t *testing.T) {
	inLoop(t, &scripted{}, func(t *testing.T, b *bench) {
		var first, second tapLog
		ended := make(chan error, 2)
		ctx, stop := context.WithCancel(t.Context())
		go func() { ended <- b.backend.Tap(ctx, dataplane.TapFilter{}, first.send) }()
		synctest.Wait()
		go func() { ended <- b.backend.Tap(ctx, dataplane.TapFilter{}, second.send) }()
		if err := <-ended; !errors.Is(err, userspace.ErrTapReplaced) {
			t.Errorf("error %v", err)
		}
		if b.dataplane.tap != 2 {
			t.Errorf("tap %d", b.dataplane.tap)
		}
		stop()
		if err := <-ended; err != nil || b.dataplane.tap != 0 {
			t.Errorf("error %v, tap %d", err, b.dataplane.tap)
		}
	})
}

func TestTapEndsWhenTheDaemonDoesOrCannotBegin(t *testing.T) {
	dataplane, log := &scripted{}, tapLog{}
	ended := make(chan error, 1)
	inLoop(t, dataplane, func(t *testing.T, b *bench) {
		backend := b.backend
		dataplane.look(func() { dataplane.tapErr = errors.New("eth9: is no port of the engine") })
		if err := backend.Tap(t.Context(), noFilter(), log.send); err == nil || log.sent != 0 {
			t.Errorf("error %v, sent %d", err, log.sent)
		}
		dataplane.look(func() { dataplane.tapErr = nil })
		go func() { ended <- backend.Tap(context.WithoutCancel(t.Context()), noFilter(), log.send) }()
		synctest.Wait()
	})
	if err := <-ended; err == nil || err.Error() != "the daemon is stopping" || dataplane.tap != 0 {
		t.Errorf("error %v, tap %d", err, dataplane.tap)
	}
}

func noFilter() dataplane.TapFilter { return dataplane.TapFilter{} }

const everyScreen = `set system dataplane-type userspace
set security screen ids-option a description "the web servers"
set security screen ids-option a alarm-without-drop
set security screen ids-option a icmp flood threshold 11
set security screen ids-option a tcp port-scan threshold 5001
set security screen ids-option a tcp winnuke
set security screen ids-option a tcp syn-flood attack-threshold 300
set security screen ids-option a tcp syn-flood white-list w source-address 192.0.2.0/24
set security screen ids-option a ip ipv6-extension-header fragment-header
set security screen ids-option a ip ipv6-extension-header user-defined-header-type 140 to 145
set security screen ids-option a ip ipv6-extension-header-limit 0
set security screen ids-option a limit-session source-ip-based 12
set security screen ids-option b icmp fragment
set security zones security-zone untrust interfaces eth1
set security zones security-zone untrust screen a
set security zones security-zone trust interfaces eth2
set security forwarding-options secure-wire w1 interface [ eth1 eth2 ]
`

func TestIDSOptionListsWhatIsArmed(t *testing.T) {
	inLoopOf(t, &scripted{}, t.TempDir(), everyScreen, func(t *testing.T, b *bench) {
		options, err := b.backend.IDSOptions(t.Context(), "a")
		want := []control.IDSOption{{
			Name: "a", Description: "the web servers", Zones: []string{"untrust"}, AlarmWithoutDrop: true,
			Settings: []control.IDSSetting{
				{Name: "ICMP flood threshold", Value: "11", Unit: "packets/s"},
				{Name: "TCP winnuke", Value: "enabled"},
				{Name: "TCP port scan threshold", Value: "5001", Unit: "microseconds"},
				{Name: "TCP SYN flood attack threshold", Value: "300", Unit: "SYNs/s"},
				{Name: "TCP SYN flood alarm threshold", Value: "512", Unit: "SYNs/s"},
				{Name: "TCP SYN flood source threshold", Value: "4000", Unit: "SYNs/s"},
				{Name: "TCP SYN flood destination threshold", Value: "4000", Unit: "SYNs/s"},
				{Name: "TCP SYN flood timeout", Value: "20", Unit: "seconds"},
				{Name: "Session source limit threshold", Value: "12", Unit: "connections"},
				{Name: "IPv6 extension headers", Value: "44 140-145", Unit: "header types"},
				{Name: "IPv6 extension header limit", Value: "0", Unit: "headers"},
			},
			WhiteLists: []control.IDSWhiteList{{Name: "w", Sources: []string{"192.0.2.0/24"}, Destinations: []string{}}},
		}}
		if diff := cmp.Diff(want, options); diff != "" || err != nil {
			t.Errorf("error %v, option (-want +got):\n%s", err, diff)
		}
		if options, err = b.backend.IDSOptions(t.Context(), ""); err != nil || len(options) != 2 {
			t.Errorf("error %v, all options %v", err, options)
		}
		_, err = b.backend.IDSOptions(t.Context(), "c")
		if err == nil || err.Error() != "show ids-option c: the running configuration has no such profile; "+
			"the profiles are [a b]" {
			t.Errorf("error %v", err)
		}
	})
}

// Every screen that a profile can arm has a setting: the example arms them all.
func TestIDSOptionOfTheExampleHasEveryScreen(t *testing.T) {
	read, err := readSource("../../examples/every-screen.conf")
	if err != nil {
		t.Fatal(err)
	}
	for _, screen := range read.config.Screens {
		// a SYN flood has five settings
		if got, want := len(idsSettings(screen)), len(screen.Armed)+4; got != want {
			t.Errorf("profile %s: %d settings of %d armed screens, want %d:\n%v\n%v", screen.Name, got,
				len(screen.Armed), want, idsSettings(screen), screen.Armed)
		}
	}
}
