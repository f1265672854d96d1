package daemon

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"synscreen/pkg/control"
	"synscreen/pkg/dataplane"
)

func TestRollbackRunsAKeptConfiguration(t *testing.T) {
	inLoop(t, &scripted{}, func(t *testing.T, b *bench) {
		b.commit(t, "a.conf", named("a"))
		b.commit(t, "b.conf", named("b"))
		for _, number := range []int{1, 2, 0} {
			result, err := b.backend.Rollback(t.Context(), control.RollbackRequest{Number: number})
			if err != nil || !result.Committed {
				t.Errorf("rollback %d: %+v, error %v", number, result, err)
			}
		}
		b.wantCommits(t, "0s first.conf", "0s a.conf", "0s b.conf", "0s a.conf", "0s a.conf", "0s a.conf")
		b.wantKept(t, "a.conf: rollback", "b.conf: commit", "a.conf: commit", "first.conf: start")
		active, err := os.ReadFile(filepath.Join(b.state, "active.conf"))
		if err != nil || string(active) != named("a") {
			t.Errorf("active.conf %q, error %v", active, err)
		}
	})
}

func TestRollbackToWhatIsNotKeptNamesWhatIs(t *testing.T) {
	inLoop(t, &scripted{}, func(t *testing.T, b *bench) {
		_, err := b.backend.Rollback(t.Context(), control.RollbackRequest{Number: 7})
		want := "there is no configuration 7: only 0 is kept; `synscreen show system commit` lists them"
		if err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	})
}

func TestRefusedCommitOrRollbackKeepsNothing(t *testing.T) {
	inLoop(t, &scripted{}, func(t *testing.T, b *bench) {
		b.commit(t, "a.conf", named("a"))
		b.dataplane.change(func() { b.dataplane.refuse = errors.New("no") })
		b.commit(t, "b.conf", named("b"))
		result, err := b.backend.Rollback(t.Context(), control.RollbackRequest{Number: 1})
		want := control.CommitResult{
			Generation: 2, Mode: dataplane.ModeSynCookie, Errors: []string{"no"}, Warnings: []string{},
		}
		if diff := cmp.Diff(want, result); err != nil || diff != "" {
			t.Errorf("error %v, result (-want +got):\n%s", err, diff)
		}
		b.wantKept(t, "a.conf: commit", "first.conf: start")
		active, err := os.ReadFile(filepath.Join(b.state, "active.conf"))
		if err != nil || string(active) != named("a") {
			t.Errorf("active.conf %q, error %v", active, err)
		}
	})
}

func TestKeptConfigurationOfAnotherVersionIsRefusedWithItsPlace(t *testing.T) {
	inLoop(t, &scripted{}, func(t *testing.T, b *bench) {
		b.commit(t, "a.conf", named("a"))
		b.spoil(t, "first.conf", "set sistem\n")
		result, err := b.backend.Rollback(t.Context(), control.RollbackRequest{Number: 1})
		if err != nil || result.Committed || !strings.HasPrefix(result.Errors[0], "first.conf:1:5: ") {
			t.Errorf("result %+v, error %v", result, err)
		}
		number := 1
		_, err = b.backend.Compare(t.Context(), control.CompareRequest{Number: &number})
		want := "configuration 1 cannot be read any more: first.conf:1:5: "
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("error %v, want %s...", err, want)
		}
	})
}

// spoil replaces the text of what is kept of a file.
func (b *bench) spoil(t *testing.T, name, text string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(b.state, "history", "*.conf"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		head, _, _ := strings.Cut(string(content), "\n")
		if !strings.Contains(head, `"`+name+`"`) {
			continue
		}
		if err := os.WriteFile(file, []byte(head+"\n"+text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestConfigurationIsGivenAsItWasCommitted(t *testing.T) {
	const commented = "# why\n" + valid
	inLoop(t, &scripted{}, func(t *testing.T, b *bench) {
		b.commit(t, "a.conf", commented)
		one := 1
		for _, test := range []struct {
			number *int
			name   string
			text   string
		}{{nil, "a.conf", commented}, {&one, "first.conf", valid}} {
			got, err := b.backend.Configuration(t.Context(), test.number)
			if err != nil || got.Record.Name != test.name || got.Text != test.text {
				t.Errorf("configuration %+v, error %v", got, err)
			}
		}
	})
}

func TestCompareTellsWhatATextWouldChangeAndWhatHasChanged(t *testing.T) {
	inLoop(t, &scripted{}, func(t *testing.T, b *bench) {
		b.commit(t, "a.conf", named("a"))
		one, nine := 1, 9
		for _, test := range []struct {
			request control.CompareRequest
			want    control.Comparison
		}{
			{control.CompareRequest{Name: "b.conf", Text: valid},
				control.Comparison{From: "a.conf", To: "b.conf", Diff: "[edit system]\n-  host-name a;\n"}},
			{control.CompareRequest{Number: &one},
				control.Comparison{From: "first.conf", To: "a.conf", Diff: "[edit system]\n+  host-name a;\n"}},
			{control.CompareRequest{Name: "c.conf", Text: "# same\n" + named("a")},
				control.Comparison{From: "a.conf", To: "c.conf"}},
		} {
			got, err := b.backend.Compare(t.Context(), test.request)
			if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
				t.Errorf("error %v, comparison (-want +got):\n%s", err, diff)
			}
		}
		for want, request := range map[string]control.CompareRequest{
			"d.conf:1:5: ":                  {Name: "d.conf", Text: "set sistem\n"},
			"there is no configuration 9: ": {Number: &nine},
		} {
			if _, err := b.backend.Compare(t.Context(), request); err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("error %v, want %s...", err, want)
			}
		}
	})
}

func TestNothingIsShownOrComparedWhileNothingRuns(t *testing.T) {
	inLoop(t, &scripted{refuse: errors.New("no")}, func(t *testing.T, b *bench) {
		_, shown := b.backend.Configuration(t.Context(), nil)
		_, compared := b.backend.Compare(t.Context(), control.CompareRequest{Name: "a", Text: valid})
		for _, err := range []error{shown, compared} {
			if err == nil || err.Error() != "no configuration is running; `synscreen show capabilities` says why" {
				t.Errorf("error %v", err)
			}
		}
		zero := 0
		if _, err := b.backend.Configuration(t.Context(), &zero); err == nil || err.Error() != "no configuration is kept yet" {
			t.Errorf("error %v", err)
		}
		if list, err := b.backend.Commits(t.Context()); err != nil || list.Generation != 0 || len(list.Commits) != 0 {
			t.Errorf("list %+v, error %v", list, err)
		}
	})
}

func TestConfigurationThatCannotBeKeptRunsWithAWarning(t *testing.T) {
	inLoop(t, &scripted{}, func(t *testing.T, b *bench) {
		if err := os.RemoveAll(filepath.Join(b.state, "history")); err != nil {
			t.Fatal(err)
		}
		result := b.commit(t, "a.conf", named("a"))
		want := "warning: the configuration runs, but a restart will not know of it: keep the configuration in "
		if !result.Committed || len(result.Warnings) != 1 || !strings.HasPrefix(result.Warnings[0], want) {
			t.Errorf("result %+v", result)
		}
		if got, err := b.backend.Configuration(t.Context(), nil); err != nil || got.Text != named("a") {
			t.Errorf("running %+v, error %v", got, err)
		}
		b.try(t, "b", 5)
		if confirmed, err := b.backend.Confirm(t.Context()); err != nil || len(confirmed.Warnings) != 1 {
			t.Errorf("result %+v, error %v", confirmed, err)
		}
	})
}
