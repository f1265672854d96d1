package userspace

import (
	"errors"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"synscreen/pkg/dataplane"
)

// fakeEngine keeps what it is told and reports what it is set to. It is no model of a data path.
type fakeEngine struct {
	fakeLook
	fakeSessions
	caps       dataplane.Capabilities
	prepareErr error
	publishErr error
	capsErr    error
	statusErr  error
	keyErr     error
	handErr    error
	handed     int
	key        dataplane.KeyStatus

	staged  *decoded
	running *decoded
	calls   []string
	t       *testing.T
}

func (f *fakeEngine) Prepare(snapshot []byte) error {
	f.calls = append(f.calls, "prepare")
	if f.staged != nil {
		f.t.Error("prepare while something is staged")
	}
	if f.prepareErr != nil {
		return f.prepareErr
	}
	d := decode(f.t, snapshot)
	if f.running != nil && d.Header.Generation <= f.running.Header.Generation {
		f.t.Errorf("generation %d after %d", d.Header.Generation, f.running.Header.Generation)
	}
	f.staged = &d
	return nil
}

func (f *fakeEngine) Publish() error {
	f.calls = append(f.calls, "publish")
	if f.publishErr != nil {
		return f.publishErr
	}
	f.running, f.staged = f.staged, nil
	return nil
}

func (f *fakeEngine) Drop() {
	f.calls = append(f.calls, "drop")
	f.staged = nil
}

func (f *fakeEngine) StageKey(file string) error { return f.changeKey("stage " + file) }

func (f *fakeEngine) ActivateKey() error { return f.changeKey("activate") }

func (f *fakeEngine) RotateKey() error { return f.changeKey("rotate") }

func (f *fakeEngine) changeKey(call string) error {
	f.calls = append(f.calls, call)
	return f.keyErr
}

func (f *fakeEngine) Capabilities() (dataplane.Capabilities, error) { return f.caps, f.capsErr }

func (f *fakeEngine) Status() (dataplane.Status, error) {
	if f.running == nil {
		return dataplane.Status{Key: f.key}, f.statusErr
	}
	h := f.running.Header
	return dataplane.Status{Generation: h.Generation, Mode: dataplane.Mode(h.Mode), Key: f.key}, f.statusErr
}

func (f *fakeEngine) Events(int) ([]dataplane.Event, uint64, error) { return nil, 0, nil }

func (f *fakeEngine) HandOver() (int, error) {
	f.calls = append(f.calls, "hand over")
	return f.handed, f.handErr
}
func (f *fakeEngine) Close(dataplane.Leave) { f.calls = append(f.calls, "close") }

func newFixture(t *testing.T) (*Manager, *fakeEngine) {
	engine := &fakeEngine{t: t, caps: *proved()}
	epoch := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	return NewManager(engine, func() time.Time { return epoch }), engine
}

func TestCommitPublishesWhatIsProved(t *testing.T) {
	manager, engine := newFixture(t)
	running, err := manager.Commit("a.conf", parse(t, screenedZone+wantCookie))
	if err != nil {
		t.Fatal(err)
	}
	if running.Generation != 1 || running.Mode != dataplane.ModeSynCookie || running.Source != "a.conf" {
		t.Errorf("running %+v", running)
	}
	if diff := cmp.Diff([]string{"prepare", "publish"}, engine.calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if h := engine.running.Header; h.Generation != 1 || h.Mode != 1 {
		t.Errorf("published generation %d, mode %d", h.Generation, h.Mode)
	}
	if running, err = manager.Commit("b.conf", parse(t, screenedZone+wantCookie)); err != nil || running.Generation != 2 {
		t.Errorf("second commit: generation %d, error %v", running.Generation, err)
	}
}

func TestCommitThatFailsLeavesTheRunningGeneration(t *testing.T) {
	const mint = "test.conf:8:19: security flow syn-flood-protection-mode: syn-cookie needs mint: no: broken; " + noTrust
	for _, test := range []struct {
		name  string
		text  string
		spoil func(*fakeEngine)
		want  string
		calls []string
	}{
		{
			name:  "the gate refuses",
			text:  screenedZone + wantCookie,
			spoil: func(f *fakeEngine) { f.caps.Mint = no("broken") },
			want:  mint,
			calls: []string{"prepare", "drop"},
		},
		{
			name: "an interface cannot be attached",
			text: screenedZone + wantCookie,
			spoil: func(f *fakeEngine) {
				f.prepareErr = &dataplane.EngineError{Code: dataplane.ErrorAttach, Object: "eth3", Message: "no such interface"}
			},
			want:  "test.conf:3:33: security forwarding-options secure-wire w2 interface: eth3: no such interface",
			calls: []string{"prepare", "drop"},
		},
		{
			name: "the daemon may not",
			text: screenedZone + wantCookie,
			spoil: func(f *fakeEngine) {
				f.prepareErr = &dataplane.EngineError{Code: dataplane.ErrorAttach, Object: "eth3",
					Errno: syscall.EPERM, Message: "cannot be set up: Operation not permitted"}
			},
			want: "test.conf:3:33: security forwarding-options secure-wire w2 interface: eth3: cannot be set up: " +
				"Operation not permitted; run the daemon as root",
			calls: []string{"prepare", "drop"},
		},
		{
			name: "the engine does not believe the bytes",
			text: screenedZone + wantCookie,
			spoil: func(f *fakeEngine) {
				f.prepareErr = &dataplane.EngineError{Code: dataplane.ErrorSnapshot, Object: "header", Message: "bad digest"}
			},
			want: "prepare the configuration: header: bad digest; commit again; if that does not help, " +
				"install the program and libsynscreen.so from one build",
			calls: []string{"prepare", "drop"},
		},
		{
			name: "the master key of the state directory cannot be had",
			text: screenedZone + wantCookie + "set security zones security-zone \"master key\" screen web\n",
			spoil: func(f *fakeEngine) {
				f.prepareErr = &dataplane.EngineError{Code: dataplane.ErrorKey, Object: "master key",
					Message: "/s/master.key: others can read it: chmod 600"}
			},
			want: "prepare the configuration: master key: /s/master.key: others can read it: chmod 600; " +
				"mend it, then commit again",
			calls: []string{"prepare", "drop"},
		},
		{
			name: "the master key of a key-file cannot be had",
			text: screenedZone + wantCookie + "set security flow syn-cookie key-file /etc/k\n",
			spoil: func(f *fakeEngine) {
				f.prepareErr = &dataplane.EngineError{Code: dataplane.ErrorKey, Object: "master key",
					Message: "/etc/k: must hold 64 hex digits and a newline"}
			},
			want: "test.conf:9:30: security flow syn-cookie key-file: master key: /etc/k: " +
				"must hold 64 hex digits and a newline; mend the file or name another one, then commit again",
			calls: []string{"prepare", "drop"},
		},
		{
			name: "a key-file holds a third master key",
			text: screenedZone + wantCookie + "set security flow syn-cookie key-file /etc/k\n",
			spoil: func(f *fakeEngine) {
				f.prepareErr = &dataplane.EngineError{Code: dataplane.ErrorState, Object: "master key",
					Message: "the key before (aa) is still accepted, and no third one is: try again in 131 s"}
			},
			want: "test.conf:9:30: security flow syn-cookie key-file: master key: the key before (aa) " +
				"is still accepted, and no third one is: try again in 131 s",
			calls: []string{"prepare", "drop"},
		},
		{
			name: "the epoch cannot be noted, whatever the key-file",
			text: screenedZone + wantCookie + "set security flow syn-cookie key-file /etc/k\n",
			spoil: func(f *fakeEngine) {
				f.prepareErr = &dataplane.EngineError{Code: dataplane.ErrorKey, Object: "epoch.floor",
					Message: "/s cannot be written"}
			},
			want:  "prepare the configuration: epoch.floor: /s cannot be written; mend it, then commit again",
			calls: []string{"prepare", "drop"},
		},
		{
			name:  "publishing fails",
			text:  screenedZone + wantCookie,
			spoil: func(f *fakeEngine) { f.publishErr = errors.New("no memory") },
			want:  "publish the configuration: no memory",
			calls: []string{"prepare", "publish", "drop"},
		},
		{
			name:  "the engine does not report",
			text:  screenedZone + wantCookie,
			spoil: func(f *fakeEngine) { f.capsErr = errors.New("no answer") },
			want: atMode + "the engine does not report what it proved; " +
				"look for its error in the daemon's log, then commit again",
			calls: []string{"prepare", "drop"},
		},
		{
			name:  "syn-proxy, which is refused before the engine is asked",
			text:  screenedZone + "set security flow syn-flood-protection-mode syn-proxy\n",
			spoil: func(*fakeEngine) {},
			want: atMode + "syn-proxy is not available: " +
				"the userspace dataplane keeps no half-open proxy state; use syn-cookie",
			calls: nil,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			manager, engine := newFixture(t)
			before, err := manager.Commit("good.conf", parse(t, screenedZone+wantCookie))
			if err != nil {
				t.Fatal(err)
			}
			published := engine.running
			engine.calls = nil
			test.spoil(engine)
			after, err := manager.Commit("bad.conf", parse(t, test.text))
			if err == nil || err.Error() != test.want {
				t.Errorf("error %v, want %s", err, test.want)
			}
			if after.Generation != before.Generation || after.Source != "good.conf" || engine.running != published {
				t.Errorf("running %+v, before %+v", after, before)
			}
			if engine.staged != nil {
				t.Error("something is still staged")
			}
			if diff := cmp.Diff(test.calls, engine.calls); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
			_, _, last, _ := manager.Capabilities()
			if last == nil || last.Source != "bad.conf" || (&RefusedError{Refusals: last.Refusals}).Error() != test.want {
				t.Errorf("last refusal %+v", last)
			}
		})
	}
}

func TestCommitThatFailsNamesTheEnginesError(t *testing.T) {
	manager, engine := newFixture(t)
	engine.prepareErr = &dataplane.EngineError{Code: dataplane.ErrorAttach, Object: "eth3", Message: "gone"}
	_, err := manager.Commit("a.conf", parse(t, screenedZone))
	var engineErr *dataplane.EngineError
	if !errors.As(err, &engineErr) || engineErr.Code != dataplane.ErrorAttach {
		t.Errorf("error %v does not hold the engine's", err)
	}
}

func TestCommitWithTheModeUnsetRunsWithoutCookiesUntilTheyAreProved(t *testing.T) {
	manager, engine := newFixture(t)
	engine.caps.Mint = no("broken")
	running, err := manager.Commit("a.conf", parse(t, screenedZone))
	if err != nil {
		t.Fatal(err)
	}
	if !running.Degraded || running.Mode != dataplane.ModeDrop || len(running.Warnings) != 2 {
		t.Errorf("running %+v", running)
	}
	if diff := cmp.Diff([]string{"prepare", "drop", "prepare", "publish"}, engine.calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if h := engine.running.Header; h.Mode != 0 || h.Generation != 1 {
		t.Errorf("published mode %d, generation %d", h.Mode, h.Generation)
	}

	engine.calls = nil
	if _, err := manager.Upgrade(); !errors.Is(err, ErrDegraded) {
		t.Errorf("upgrade while broken: %v", err)
	}
	if diff := cmp.Diff([]string{"prepare", "drop"}, engine.calls); diff != "" {
		t.Errorf("calls of an upgrade in vain (-want +got):\n%s", diff)
	}

	engine.caps = *proved()
	running, err = manager.Upgrade()
	if err != nil || running.Degraded || running.Mode != dataplane.ModeSynCookie || running.Generation != 2 {
		t.Errorf("upgrade when mended: %+v, %v", running, err)
	}
}

func TestPortThatAnswersIsKeptWhenItsLinkIsLost(t *testing.T) {
	manager, engine := newFixture(t)
	cfg := parse(t, screenedZone+wantCookie)
	if _, err := manager.Commit("a.conf", cfg); err != nil {
		t.Fatal(err)
	}
	engine.caps.Ports[0] = dataplane.PortProof{
		Interface: "eth1", Published: true, Transmit: unknown("the link is down"),
	}
	running, err := manager.Commit("a.conf", cfg)
	if err != nil || len(running.Warnings) != 1 {
		t.Errorf("running %+v, error %v", running, err)
	}
}

func TestSuccessForgetsTheLastRefusal(t *testing.T) {
	manager, engine := newFixture(t)
	engine.caps.Mint = no("broken")
	if _, err := manager.Commit("a.conf", parse(t, screenedZone+wantCookie)); err == nil {
		t.Fatal("admitted")
	}
	running, _, last, err := manager.Capabilities()
	if err != nil || running.Generation != 0 || last == nil || last.Proved == nil || last.Proved.Mint.Answer != dataplane.No {
		t.Errorf("running %+v, last %+v, error %v", running, last, err)
	}
	engine.caps = *proved()
	if _, err := manager.Commit("a.conf", parse(t, screenedZone+wantCookie)); err != nil {
		t.Fatal(err)
	}
	if _, _, last, _ := manager.Capabilities(); last != nil {
		t.Errorf("last refusal %+v after a success", last)
	}
}

func TestManagerLetsOneCallerAtATimeToTheEngine(t *testing.T) {
	manager, engine := newFixture(t)
	cfg := parse(t, screenedZone+wantCookie)
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			if _, err := manager.Commit("a.conf", cfg); err != nil {
				t.Error(err)
			}
			if _, err := manager.Status(); err != nil {
				t.Error(err)
			}
		})
	}
	callers.Wait()
	if engine.running.Header.Generation != 8 {
		t.Errorf("generation %d after 8 commits", engine.running.Header.Generation)
	}
}

func TestClosedManagerHandsOverBeforeItsEngineEnds(t *testing.T) {
	engine := &fakeEngine{t: t, handed: 12}
	flows, err := NewManager(engine, time.Now).Close()
	if flows != 12 || err != nil {
		t.Errorf("%d flows, error %v", flows, err)
	}
	engine.handErr = errors.New("no space")
	if _, err := NewManager(engine, time.Now).Close(); err == nil || err.Error() != "hand the flows over: no space" {
		t.Errorf("error %v", err)
	}
	want := []string{"hand over", "close", "hand over", "close"}
	if diff := cmp.Diff(want, engine.calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}
