package daemon

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"synscreen/pkg/control"
)

// restart runs a loop with the text of the daemon's file on a state directory, as after a crash.
func restart(t *testing.T, state, file string, use func(t *testing.T, b *bench)) {
	t.Helper()
	inLoopOf(t, &scripted{}, state, file, use)
}

// wantRunning asserts which text runs.
func (b *bench) wantRunning(t *testing.T, text string) {
	t.Helper()
	got, err := b.backend.Configuration(t.Context(), nil)
	if err != nil || got.Text != text {
		t.Errorf("running %+v, error %v, want:\n%s", got, err, text)
	}
}

// wantWarned asserts that the log has a warning with a text in it, or none at all.
func (b *bench) wantWarned(t *testing.T, text string) {
	t.Helper()
	log := strings.Join(b.log.take(), "\n")
	if warned := strings.Contains(log, "level=WARN"); warned != (text != "") || !strings.Contains(log, text) {
		t.Errorf("want a warning with %q:\n%s", text, log)
	}
}

func TestRestartStartsFromTheFileAndDropsWhatWasNotConfirmed(t *testing.T) {
	state := t.TempDir()
	restart(t, state, named("file"), func(t *testing.T, b *bench) {
		b.commit(t, "a.conf", named("a"))
		b.try(t, "tried", 10)
	})
	restart(t, state, named("file"), func(t *testing.T, b *bench) {
		b.wantRunning(t, named("file"))
		b.wantWarned(t, "the last commit was not confirmed before the daemon ended: it is dropped")
		pass(time.Hour)
		b.wantCommits(t, "0s first.conf")
		b.wantKept(t, "first.conf: start", "tried.conf: commit confirmed, not confirmed", "a.conf: commit",
			"first.conf: start")
	})
	restart(t, state, named("file"), func(t *testing.T, b *bench) { b.wantWarned(t, "") })
}

// The operator edits the daemon's own file and commits it until it is confirmed: neither the daemon's
// restart nor the automatic rollback may leave it to be started again.
func TestRestartDoesNotStartAFileThatWasNeverConfirmed(t *testing.T) {
	for name, wait := range map[string]time.Duration{"before the rollback": time.Second, "after it": time.Hour} {
		t.Run(name, func(t *testing.T) {
			state := t.TempDir()
			restart(t, state, named("good"), func(t *testing.T, b *bench) {
				b.try(t, "cut", 10)
				pass(wait)
			})
			for range 2 {
				restart(t, state, named("cut"), func(t *testing.T, b *bench) {
					b.wantRunning(t, named("good"))
					b.wantWarned(t, "the configuration file holds what was committed until it is confirmed, "+
						"and never was: what was confirmed last runs instead; commit the file to run it")
				})
			}
			restart(t, state, named("cut"), func(t *testing.T, b *bench) { b.commit(t, "f.conf", named("cut")) })
			restart(t, state, named("cut"), func(t *testing.T, b *bench) {
				b.wantRunning(t, named("cut"))
				b.wantWarned(t, "")
			})
		})
	}
}

func TestRestartStartsAFileThatWasConfirmed(t *testing.T) {
	state := t.TempDir()
	restart(t, state, named("good"), func(t *testing.T, b *bench) {
		b.try(t, "new", 10)
		if _, err := b.backend.Confirm(t.Context()); err != nil {
			t.Error(err)
		}
	})
	restart(t, state, named("new"), func(t *testing.T, b *bench) {
		b.wantRunning(t, named("new"))
		b.wantWarned(t, "")
	})
}

func TestHangupRunsAFileThatWasNeverConfirmed(t *testing.T) {
	state := t.TempDir()
	restart(t, state, named("good"), func(t *testing.T, b *bench) { b.try(t, "cut", 10) })
	restart(t, state, named("cut"), func(t *testing.T, b *bench) {
		if err := os.WriteFile(b.file, []byte(named("cut")), 0o600); err != nil {
			t.Fatal(err)
		}
		b.hangup <- os.Interrupt
		pass(time.Second)
		b.wantRunning(t, named("cut"))
	})
	restart(t, state, named("cut"), func(t *testing.T, b *bench) { b.wantRunning(t, named("cut")) })
}

func TestRestartPassesOverKeptConfigurationsThatCannotBeRead(t *testing.T) {
	state := t.TempDir()
	restart(t, state, named("older"), func(t *testing.T, b *bench) {
		b.commit(t, "spoilt.conf", named("spoilt"))
		b.try(t, "cut", 10)
		b.spoil(t, "spoilt.conf", "set sistem\n")
	})
	restart(t, state, named("cut"), func(t *testing.T, b *bench) {
		b.wantRunning(t, named("older"))
		b.wantWarned(t, "a kept configuration is left out")
	})
}

func TestRestartWithNothingElseKeptStartsTheFile(t *testing.T) {
	state := t.TempDir()
	restart(t, state, named("good"), func(t *testing.T, b *bench) { b.try(t, "cut", 10) })
	files, err := filepath.Glob(filepath.Join(state, "history", "*.conf"))
	if err != nil || len(files) != 2 {
		t.Fatal(files, err)
	}
	if err := os.Remove(files[0]); err != nil {
		t.Fatal(err)
	}
	restart(t, state, named("cut"), func(t *testing.T, b *bench) {
		b.wantRunning(t, named("cut"))
		b.wantWarned(t, "it runs nevertheless: no other is kept")
	})
}

// The whole daemon, without a bubble: what a restart must know is in its state directory.
func TestDaemonKnowsAfterARestartWhatWasNotConfirmed(t *testing.T) {
	options, engine := newOptions(t, valid)
	stop := runDaemon(t, options)
	client := control.NewClient(options.ControlSocket)
	if err := os.WriteFile(options.ConfigFile, []byte(named("cut")), 0o600); err != nil {
		t.Fatal(err)
	}
	request := control.CommitRequest{Name: options.ConfigFile, Text: named("cut"), ConfirmMinutes: 10}
	if result, err := client.Commit(t.Context(), request); err != nil || result.RollbackAt == nil {
		t.Fatalf("result %+v, error %v", result, err)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	<-engine.closed
	stop = runDaemon(t, options)
	got, err := client.Configuration(t.Context(), nil)
	if err != nil || got.Text != valid {
		t.Errorf("running %+v, error %v", got, err)
	}
	list, err := client.Commits(t.Context())
	if err != nil || len(list.Commits) != 3 || list.RollbackAt != nil || list.Generation != 1 {
		t.Errorf("list %+v, error %v", list, err)
	}
	if result, err := client.Rollback(t.Context(), control.RollbackRequest{Number: 1}); err != nil || !result.Committed {
		t.Errorf("result %+v, error %v", result, err)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}
