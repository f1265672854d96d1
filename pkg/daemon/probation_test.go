package daemon

import (
	"errors"
	"fmt"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"synscreen/pkg/control"
)

// named is a valid configuration that differs from others by its name.
func named(name string) string { return valid + "set system host-name " + name + "\n" }

// try commits a configuration until it is confirmed.
func (b *bench) try(t *testing.T, name string, minutes uint16) control.CommitResult {
	t.Helper()
	result, err := b.backend.Commit(t.Context(), control.CommitRequest{
		Name: name + ".conf", Text: named(name), ConfirmMinutes: minutes,
	})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// wantKept asserts what is kept: name and way of each.
func (b *bench) wantKept(t *testing.T, want ...string) {
	t.Helper()
	list, err := b.backend.Commits(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, record := range list.Commits {
		line := fmt.Sprintf("%s: %s", record.Name, record.Way)
		if record.Unconfirmed {
			line += ", not confirmed"
		}
		got = append(got, line)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
}

// wantCommits asserts when the dataplane was given what.
func (b *bench) wantCommits(t *testing.T, want ...string) {
	t.Helper()
	b.dataplane.change(func() {
		if diff := cmp.Diff(want, b.dataplane.commits); diff != "" {
			t.Errorf("commits (-want +got):\n%s", diff)
		}
	})
}

func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestCommitThatNobodyConfirmsIsRolledBack(t *testing.T) {
	inLoop(t, &scripted{}, func(t *testing.T, b *bench) {
		b.log.take()
		result := b.try(t, "new", 10)
		want := time.Now().Add(10 * time.Minute)
		if !result.Committed || result.Generation != 2 || !result.RollbackAt.Equal(want) {
			t.Errorf("result %+v, want a rollback at %s", result, want)
		}
		if list, err := b.backend.Commits(t.Context()); err != nil || !list.RollbackAt.Equal(want) {
			t.Errorf("list %+v, error %v", list, err)
		}
		pass(10*time.Minute - time.Second)
		b.wantKept(t, "new.conf: commit confirmed, not confirmed", "first.conf: start")
		pass(2 * time.Second)
		b.wantKept(t, "first.conf: automatic rollback", "new.conf: commit confirmed, not confirmed", "first.conf: start")
		pass(time.Hour)
		b.wantCommits(t, "0s first.conf", "0s new.conf", "10m0s first.conf")
		wantLog := []string{
			`level=INFO msg="configuration runs" config=new.conf generation=2 mode=syn-cookie`,
			"level=WARN msg=\"commit must be confirmed by `synscreen commit`, or it is rolled back\" " +
				`config=new.conf generation=2 rollback_s=600 rollback_to=first.conf`,
			`level=WARN msg="commit is not confirmed yet: it will be rolled back" config=new.conf left_s=60 ` +
				`rollback_to=first.conf`,
			`level=WARN msg="commit was not confirmed: it is rolled back" config=new.conf rollback_to=first.conf`,
			`level=INFO msg="configuration runs" config=first.conf generation=3 mode=syn-cookie`,
			`level=WARN msg="commit was not confirmed: automatic rollback complete" config=first.conf generation=3`,
		}
		if diff := cmp.Diff(wantLog, b.log.take()); diff != "" {
			t.Errorf("log (-want +got):\n%s", diff)
		}
	})
}

func TestCommitThatIsConfirmedStays(t *testing.T) {
	inLoop(t, &scripted{}, func(t *testing.T, b *bench) {
		b.try(t, "new", 1)
		pass(59 * time.Second)
		b.log.take()
		result, err := b.backend.Confirm(t.Context())
		want := control.ConfirmResult{Name: "new.conf", Generation: 2, Warnings: []string{}}
		if diff := cmp.Diff(want, result); err != nil || diff != "" {
			t.Errorf("error %v, result (-want +got):\n%s", err, diff)
		}
		if diff := cmp.Diff([]string{`level=INFO msg="commit is confirmed" config=new.conf generation=2`},
			b.log.take()); diff != "" {
			t.Errorf("log (-want +got):\n%s", diff)
		}
		pass(time.Hour)
		b.wantCommits(t, "0s first.conf", "0s new.conf")
		b.wantKept(t, "new.conf: commit confirmed", "first.conf: start")
		_, err = b.backend.Confirm(t.Context())
		wantError := "there is nothing to confirm: no commit confirmed is waiting; " +
			"`synscreen commit FILE` commits a configuration"
		if err == nil || err.Error() != wantError {
			t.Errorf("error %v, want %s", err, wantError)
		}
	})
}

func TestAnotherCommitEndsTheWaitForAConfirmation(t *testing.T) {
	for name, another := range map[string]func(t *testing.T, b *bench){
		"commit": func(t *testing.T, b *bench) { b.commit(t, "another.conf", named("another")) },
		"rollback": func(t *testing.T, b *bench) {
			if _, err := b.backend.Rollback(t.Context(), control.RollbackRequest{Number: 1}); err != nil {
				t.Error(err)
			}
		},
		"reload": func(t *testing.T, b *bench) {
			if err := os.WriteFile(b.file, []byte(named("another")), 0o600); err != nil {
				t.Error(err)
			}
			b.hangup <- os.Interrupt
		},
	} {
		t.Run(name, func(t *testing.T) {
			inLoop(t, &scripted{}, func(t *testing.T, b *bench) {
				b.try(t, "new", 1)
				pass(50 * time.Second)
				another(t, b)
				pass(time.Hour)
				b.dataplane.change(func() {
					if n := len(b.dataplane.commits); n != 3 {
						t.Errorf("commits %q, want 3", b.dataplane.commits)
					}
				})
			})
		})
	}
}

func TestWhatIsRefusedOrOnlyLooksConfirmsNothing(t *testing.T) {
	inLoop(t, &scripted{}, func(t *testing.T, b *bench) {
		b.try(t, "new", 1)
		b.commit(t, "bad.conf", "set sistem\n")
		b.dataplane.change(func() { b.dataplane.refuse = errors.New("no") })
		b.commit(t, "refused.conf", valid)
		b.try(t, "refused", 5)
		if result, err := b.backend.Rollback(t.Context(), control.RollbackRequest{Number: 1}); err != nil || result.Committed {
			t.Errorf("result %+v, error %v", result, err)
		}
		b.hangup <- os.Interrupt // no such file
		b.dataplane.change(func() { b.dataplane.refuse = nil })
		if _, err := b.backend.Check(t.Context(), control.CommitRequest{Name: "c", Text: valid}); err != nil {
			t.Error(err)
		}
		pass(59 * time.Second)
		b.wantKept(t, "new.conf: commit confirmed, not confirmed", "first.conf: start")
		pass(2 * time.Second)
		b.wantKept(t, "first.conf: automatic rollback", "new.conf: commit confirmed, not confirmed", "first.conf: start")
	})
}

func TestFurtherCommitConfirmedPutsTheRollbackOff(t *testing.T) {
	inLoop(t, &scripted{}, func(t *testing.T, b *bench) {
		b.try(t, "one", 2)
		pass(90 * time.Second)
		b.try(t, "two", 2)
		b.try(t, "two", 2)
		pass(110 * time.Second)
		b.wantCommits(t, "0s first.conf", "0s one.conf", "1m30s two.conf", "1m30s two.conf")
		pass(time.Hour)
		b.wantCommits(t, "0s first.conf", "0s one.conf", "1m30s two.conf", "1m30s two.conf", "3m30s first.conf")
	})
}

func TestRollbackGoesBackStepByStepWhereThereIsNoDirectWay(t *testing.T) {
	dataplane := &scripted{}
	inLoop(t, dataplane, func(t *testing.T, b *bench) {
		b.try(t, "one", 1)
		b.try(t, "two", 1)
		dataplane.change(func() {
			dataplane.picky = func(source string) error {
				if dataplane.running.Source == "two.conf" && source == "first.conf" {
					return errors.New("eth1 would change its wire in one commit")
				}
				return nil
			}
		})
		pass(time.Hour)
		b.wantCommits(t, "0s first.conf", "0s one.conf", "0s two.conf",
			"1m0s first.conf", "1m0s one.conf", "1m0s first.conf")
		b.wantKept(t, "first.conf: automatic rollback", "one.conf: automatic rollback",
			"two.conf: commit confirmed, not confirmed", "one.conf: commit confirmed, not confirmed", "first.conf: start")
	})
}

func TestRollbackThatIsRefusedIsTriedAgainUntilSomebodyConfirms(t *testing.T) {
	dataplane := &scripted{}
	inLoop(t, dataplane, func(t *testing.T, b *bench) {
		b.try(t, "new", 1)
		dataplane.change(func() { dataplane.refuse = errors.New("no link") })
		pass(60 * time.Second)
		b.log.take()
		pass(5 * time.Second)
		want := []string{
			`level=WARN msg="commit was not confirmed: it is rolled back" config=new.conf rollback_to=first.conf`,
			`level=ERROR msg="configuration refused" config=first.conf running_generation=2 error="no link"`,
			`level=ERROR msg="automatic rollback was refused and will be tried again" rollback_to=first.conf delay_s=10`,
		}
		if diff := cmp.Diff(want, b.log.take()); diff != "" {
			t.Errorf("log (-want +got):\n%s", diff)
		}
		pass(10 * time.Second)
		b.wantCommits(t, "0s first.conf", "0s new.conf", "1m0s first.conf", "1m5s first.conf", "1m15s first.conf")
		if _, err := b.backend.Confirm(t.Context()); err != nil {
			t.Error(err)
		}
		pass(time.Hour)
		b.wantCommits(t, "0s first.conf", "0s new.conf", "1m0s first.conf", "1m5s first.conf", "1m15s first.conf")
		b.wantKept(t, "new.conf: commit confirmed", "first.conf: start")
	})
}

func TestRollbackThatWasRefusedComesWhenItCan(t *testing.T) {
	dataplane := &scripted{}
	inLoop(t, dataplane, func(t *testing.T, b *bench) {
		b.try(t, "new", 1)
		dataplane.change(func() { dataplane.refuse = errors.New("no link") })
		pass(62 * time.Second)
		dataplane.change(func() { dataplane.refuse = nil })
		pass(time.Hour)
		b.wantCommits(t, "0s first.conf", "0s new.conf", "1m0s first.conf", "1m5s first.conf")
	})
}

func TestCommitConfirmedNeedsSomethingToGoBackTo(t *testing.T) {
	inLoop(t, &scripted{refuse: errors.New("no")}, func(t *testing.T, b *bench) {
		b.dataplane.change(func() { b.dataplane.refuse = nil })
		_, err := b.backend.Commit(t.Context(), control.CommitRequest{Name: "n", Text: valid, ConfirmMinutes: 1})
		want := "commit confirmed: no configuration is running that could be rolled back to; commit without confirmed"
		if err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
		b.wantCommits(t, "0s first.conf")
	})
}

func TestUpgradeInTheMeantimeConfirmsNothing(t *testing.T) {
	dataplane := &scripted{}
	inLoop(t, dataplane, func(t *testing.T, b *bench) {
		dataplane.change(func() { dataplane.degrade = true })
		b.try(t, "new", 1)
		dataplane.change(func() { dataplane.degrade = false })
		pass(time.Hour)
		b.wantCommits(t, "0s first.conf", "0s new.conf", "1m0s first.conf")
		if diff := cmp.Diff([]string{"5s new.conf"}, dataplane.upgrades); diff != "" {
			t.Errorf("upgrades (-want +got):\n%s", diff)
		}
	})
}

func TestTrailIsBounded(t *testing.T) {
	p := probation{timer: stoppedTimer()}
	for n := range 120 {
		p.begin(source{name: fmt.Sprint(n), text: fmt.Append(nil, n)}, time.Minute)
	}
	if len(p.trail) != 50 || p.trail[0].name != "0" || p.trail[49].name != "119" {
		t.Errorf("%d steps from %s to %s", len(p.trail), p.trail[0].name, p.trail[len(p.trail)-1].name)
	}
	p.timer.Stop()
}
