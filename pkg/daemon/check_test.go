package daemon

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"synscreen/pkg/control"
	"synscreen/pkg/dataplane"
)

// wired is a configuration with a wire between two interfaces.
func wired(a, b string) string {
	return strings.NewReplacer("A", a, "B", b).Replace(valid +
		"set security zones security-zone z interfaces [ A B ]\n" +
		"set security forwarding-options secure-wire w interface [ A B ]\n")
}

func TestCheckTellsWhatACommitWouldDo(t *testing.T) {
	inLoopOf(t, &scripted{}, t.TempDir(), wired("eth1", "eth2"), func(t *testing.T, b *bench) {
		b.log.take()
		got, err := b.backend.Check(t.Context(), control.CommitRequest{Name: "a.conf", Text: wired("eth2", "eth3")})
		want := control.CheckResult{
			Passed: true, Staged: true, Generation: 1, Mode: dataplane.ModeSynCookie,
			Attach: []string{"eth3"}, Release: []string{"eth1"}, Errors: []string{},
			Warnings: []string{"warning: security flow: so so"},
		}
		if err == nil {
			got.Warnings = got.Warnings[len(got.Warnings)-1:] // the parser's own are before it
		}
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("error %v, result (-want +got):\n%s", err, diff)
		}
		if diff := cmp.Diff([]string{`level=INFO msg="configuration checked" config=a.conf passed=true`},
			b.log.take()); diff != "" {
			t.Errorf("log (-want +got):\n%s", diff)
		}
		b.wantCommits(t, "0s first.conf")
		b.wantKept(t, "first.conf: start")
	})
}

func TestCheckThatFailsIsNoAlarm(t *testing.T) {
	inLoop(t, &scripted{}, func(t *testing.T, b *bench) {
		b.log.take()
		b.dataplane.change(func() { b.dataplane.refuse = errors.New("one\ntwo") })
		for text, want := range map[string][]string{valid: {"one", "two"}, "set sistem\n": {"a.conf:1:5: "}} {
			got, err := b.backend.Check(t.Context(), control.CommitRequest{Name: "a.conf", Text: text})
			if err != nil || got.Passed || got.Generation != 1 || len(got.Errors) != len(want) ||
				!strings.HasPrefix(got.Errors[0], want[0]) {
				t.Errorf("result %+v, error %v", got, err)
			}
			if diff := cmp.Diff([]string{`level=INFO msg="configuration checked" config=a.conf passed=false`},
				b.log.take()); diff != "" {
				t.Errorf("log (-want +got):\n%s", diff)
			}
		}
		b.wantKept(t, "first.conf: start")
	})
}

func TestCheckWhileNothingRunsAttachesEverything(t *testing.T) {
	inLoop(t, &scripted{refuse: errors.New("no")}, func(t *testing.T, b *bench) {
		b.dataplane.change(func() { b.dataplane.refuse = nil })
		got, err := b.backend.Check(t.Context(), control.CommitRequest{Name: "a", Text: wired("eth1", "eth2")})
		if diff := cmp.Diff([]string{"eth1", "eth2"}, got.Attach); err != nil || diff != "" || len(got.Release) != 0 {
			t.Errorf("error %v, result %+v", err, got)
		}
	})
}
