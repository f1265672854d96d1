package daemon

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"synscreen/pkg/config"
	"synscreen/pkg/control"
	"synscreen/pkg/dataplane"
	"synscreen/pkg/dataplane/userspace"
	"synscreen/pkg/history"
)

// scripted is a dataplane whose commits and upgrades end as they are told to.
type scripted struct {
	addresses map[string][]string // of interfaces
	scriptedLook
	idleSessions
	mu       sync.Mutex
	running  userspace.Running
	refuse   error                     // what the next commits, checks and changes of keys end with
	picky    func(source string) error // what a commit of a source ends with
	degrade  bool
	commits  []string // "time source" of each, from the start of the test
	upgrades []string
	keys     dataplane.KeyStatus
	events   []dataplane.Event // that the next reading takes
	began    time.Time
}

// change gives the script another turn while the loop runs.
func (s *scripted) change(turn func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	turn()
}

func (s *scripted) at(what string) string { return fmt.Sprintf("%s %s", time.Since(s.began), what) }

func (s *scripted) Commit(source string, _ *config.Config) (userspace.Running, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.commits = append(s.commits, s.at(source))
	if s.refuse != nil {
		return s.running, s.refuse
	}
	if s.picky != nil {
		if err := s.picky(source); err != nil {
			return s.running, err
		}
	}
	s.running = userspace.Running{
		Source: source, Generation: s.running.Generation + 1, Mode: dataplane.ModeSynCookie, Degraded: s.degrade,
	}
	return s.running, nil
}

func (s *scripted) Check(source string, _ *config.Config) (userspace.Running, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuse != nil {
		return s.running, s.refuse
	}
	return userspace.Running{
		Source: source, Generation: s.running.Generation + 1, Mode: dataplane.ModeSynCookie,
		Warnings: []userspace.Refusal{{Path: "security flow", Reason: "so so"}},
	}, nil
}

func (s *scripted) Upgrade() (userspace.Running, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.upgrades = append(s.upgrades, s.at(s.running.Source))
	if s.degrade {
		return s.running, userspace.ErrDegraded
	}
	s.running.Degraded = false
	s.running.Generation++
	return s.running, nil
}

func (s *scripted) ChangeKey(change dataplane.KeyChange) (dataplane.KeyStatus, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuse != nil {
		return dataplane.KeyStatus{}, s.refuse
	}
	s.keys.Other, s.keys.OtherKind = filepath.Base(change.File), dataplane.OtherKeyStaged
	return s.keys, nil
}

func (s *scripted) Running() userspace.Running {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.running
}

func (s *scripted) Capabilities() (userspace.Running, dataplane.Capabilities, *userspace.Rejection, error) {
	return s.Running(), dataplane.Capabilities{}, nil, nil
}

func (s *scripted) Status() (dataplane.Status, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return dataplane.Status{
		Generation: 1, Key: s.keys,
		Zones: []dataplane.ZoneStatus{{Name: "untrust"}},
		Ports: []dataplane.PortStatus{{Interface: "eth1", MTU: 1500, Carrier: true}},
	}, nil
}

func (s *scripted) Events(int) ([]dataplane.Event, uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	events := s.events
	s.events = nil
	return events, 0, nil
}

// bench is a loop that runs in a bubble of its own time.
type bench struct {
	dataplane *scripted
	backend   *backend
	hangup    chan os.Signal
	file      string
	state     string // the state directory
	log       journal
}

const valid = "set system dataplane-type userspace\n"

// inLoop starts a loop with a first configuration and calls use once that is committed or refused.
func inLoop(t *testing.T, dataplane *scripted, use func(t *testing.T, b *bench)) {
	t.Helper()
	inLoopOf(t, dataplane, t.TempDir(), valid, use)
}

// inLoopOf starts a loop on a state directory with the text of the daemon's file.
func inLoopOf(t *testing.T, dataplane *scripted, state, text string, use func(t *testing.T, b *bench)) {
	t.Helper()
	b := &bench{dataplane: dataplane, file: filepath.Join(t.TempDir(), "f.conf"), state: state}
	first, err := parse("first.conf", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		kept, unread, err := history.Open(state)
		if err != nil || len(unread) > 0 {
			t.Fatal(err, unread)
		}
		b.hangup = make(chan os.Signal) // channels of the bubble are what its clock waits for
		errands := make(chan errand)
		done, ended := make(chan struct{}), make(chan struct{})
		b.backend = &backend{dataplane: dataplane, errands: errands, done: done}
		dataplane.began = time.Now()
		l := &loop{
			dataplane: dataplane, history: kept, file: b.file, log: b.log.logger(), hangup: b.hangup,
			errands: errands, watcher: newWatcher(), events: newEventLog(b.log.logger(), nil),
			addresses: func(ifname string) []string { return dataplane.addresses[ifname] },
		}
		ctx, stop := context.WithCancel(t.Context())
		go func() {
			defer close(ended)
			l.run(ctx, first)
			close(done)
		}()
		synctest.Wait()
		use(t, b)
		stop()
		<-ended
	})
}

// commit sends a text as the command line would.
func (b *bench) commit(t *testing.T, name, text string) control.CommitResult {
	t.Helper()
	result, err := b.backend.Commit(t.Context(), control.CommitRequest{Name: name, Text: text})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func TestRefusedStartIsTriedAgainEverLessOften(t *testing.T) {
	dataplane := &scripted{refuse: &userspace.RefusedError{Refusals: []userspace.Refusal{{
		Path: "security flow", Reason: "no mint", Remedy: "mend it",
	}}}}
	inLoop(t, dataplane, func(t *testing.T, b *bench) {
		want := []string{
			`level=ERROR msg="configuration refused" config=first.conf running_generation=0 ` +
				`path="security flow" reason="no mint" remedy="mend it"`,
			`level=INFO msg="commit will be tried again" delay_s=5`,
		}
		if diff := cmp.Diff(want, b.log.take()); diff != "" {
			t.Errorf("log (-want +got):\n%s", diff)
		}
		time.Sleep(200 * time.Second)
		synctest.Wait()
		dataplane.change(func() { dataplane.refuse = nil })
		time.Sleep(time.Hour)
		synctest.Wait()
	})
	want := []string{"0s first.conf", "5s first.conf", "15s first.conf", "35s first.conf",
		"1m15s first.conf", "2m15s first.conf", "3m15s first.conf", "4m15s first.conf"}
	if diff := cmp.Diff(want, dataplane.commits); diff != "" {
		t.Errorf("commits (-want +got):\n%s", diff)
	}
	if dataplane.running.Generation != 1 {
		t.Errorf("generation %d", dataplane.running.Generation)
	}
}

func TestCommitEndsTheTriesOfARefusedStart(t *testing.T) {
	dataplane := &scripted{refuse: errors.New("no such interface")}
	inLoop(t, dataplane, func(t *testing.T, b *bench) {
		dataplane.change(func() { dataplane.refuse = nil })
		result := b.commit(t, "other.conf", valid)
		if !result.Committed || result.Generation != 1 || result.Mode != dataplane.Running().Mode {
			t.Errorf("result %+v", result)
		}
		time.Sleep(time.Hour)
	})
	if diff := cmp.Diff([]string{"0s first.conf", "0s other.conf"}, dataplane.commits); diff != "" {
		t.Errorf("commits (-want +got):\n%s", diff)
	}
}

func TestRefusedCommitChangesNothing(t *testing.T) {
	dataplane := &scripted{}
	inLoop(t, dataplane, func(t *testing.T, b *bench) {
		for _, test := range []struct {
			text   string
			refuse error
			want   []string
		}{
			{text: "set sistem\n", want: []string{"bad.conf:1:5: "}},
			{text: valid, refuse: errors.New("one\ntwo"), want: []string{"one", "two"}},
		} {
			dataplane.change(func() { dataplane.refuse = test.refuse })
			result := b.commit(t, "bad.conf", test.text)
			if result.Committed || result.Generation != 1 || len(result.Errors) != len(test.want) {
				t.Fatalf("result %+v", result)
			}
			for i, want := range test.want {
				if !strings.HasPrefix(result.Errors[i], want) {
					t.Errorf("error %q, want %q...", result.Errors[i], want)
				}
			}
		}
		time.Sleep(time.Hour)
	})
	if dataplane.running.Source != "first.conf" || len(dataplane.commits) != 2 {
		t.Errorf("running %+v after commits %v", dataplane.running, dataplane.commits)
	}
}

func TestConfigurationWithoutCookiesIsTriedAgainForThem(t *testing.T) {
	dataplane := &scripted{degrade: true}
	inLoop(t, dataplane, func(*testing.T, *bench) {
		time.Sleep(20 * time.Second)
		synctest.Wait()
		dataplane.change(func() { dataplane.degrade = false })
		time.Sleep(time.Hour)
	})
	want := []string{"5s first.conf", "15s first.conf", "35s first.conf"}
	if diff := cmp.Diff(want, dataplane.upgrades); diff != "" {
		t.Errorf("upgrades (-want +got):\n%s", diff)
	}
	if dataplane.running.Degraded || dataplane.running.Generation != 2 {
		t.Errorf("running %+v", dataplane.running)
	}
}

func TestHangupReadsTheFileAgain(t *testing.T) {
	dataplane := &scripted{}
	inLoop(t, dataplane, func(t *testing.T, b *bench) {
		b.log.take()
		b.hangup <- os.Interrupt // no such file
		synctest.Wait()
		want := []string{fmt.Sprintf(`level=ERROR msg="configuration refused" config=%s running_generation=1 `+
			`error="read the configuration: open %s: no such file or directory"`, b.file, b.file)}
		if diff := cmp.Diff(want, b.log.take()); diff != "" {
			t.Errorf("log (-want +got):\n%s", diff)
		}
		if err := os.WriteFile(b.file, []byte(valid), 0o600); err != nil {
			t.Fatal(err)
		}
		b.hangup <- os.Interrupt
		synctest.Wait()
		if running := dataplane.Running(); running.Source != b.file || running.Generation != 2 {
			t.Errorf("running %+v", running)
		}
	})
}

func TestCommitToADaemonThatStopsIsAnError(t *testing.T) {
	done := make(chan struct{})
	close(done)
	b := &backend{errands: make(chan errand), done: done}
	_, err := b.Commit(t.Context(), control.CommitRequest{})
	if err == nil || err.Error() != "nothing was changed: the daemon is stopping" {
		t.Errorf("error %v", err)
	}
}

func TestKeyChangeIsLoggedAtOnceAndAnswered(t *testing.T) {
	inLoop(t, &scripted{keys: dataplane.KeyStatus{Active: "aa"}}, func(t *testing.T, b *bench) {
		time.Sleep(2 * watchInterval)
		b.log.take()
		for _, file := range []string{"/etc/bb", "/etc/cc"} { // within one interval of the watcher
			report, err := b.backend.ChangeKey(t.Context(), dataplane.KeyChange{File: file})
			want := control.KeyReport{Key: dataplane.KeyStatus{
				Active: "aa", Other: filepath.Base(file), OtherKind: dataplane.OtherKeyStaged,
			}}
			if diff := cmp.Diff(want, report); err != nil || diff != "" {
				t.Errorf("error %v, report (-want +got):\n%s", err, diff)
			}
		}
		want := []string{
			`level=INFO msg="master key staged: its cookies are accepted" fingerprint=bb`,
			`level=INFO msg="staged master key forgotten: its cookies are rejected" fingerprint=bb`,
			`level=INFO msg="master key staged: its cookies are accepted" fingerprint=cc`,
		}
		if diff := cmp.Diff(want, b.log.take()); diff != "" {
			t.Errorf("log (-want +got):\n%s", diff)
		}
	})
}

func TestKeyChangeThatIsRefusedIsLoggedAndAnswered(t *testing.T) {
	inLoop(t, &scripted{}, func(t *testing.T, b *bench) {
		b.log.take()
		b.dataplane.change(func() { b.dataplane.refuse = errors.New("stage-key: no such file") })
		_, err := b.backend.ChangeKey(t.Context(), dataplane.KeyChange{File: "/etc/bb"})
		if err == nil || err.Error() != "stage-key: no such file" {
			t.Errorf("error %v", err)
		}
		want := []string{`level=ERROR msg="change of the master key failed" ` +
			`error="stage-key: no such file"`}
		if diff := cmp.Diff(want, b.log.take()); diff != "" {
			t.Errorf("log (-want +got):\n%s", diff)
		}
	})
}
