package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"synscreen/pkg/config"
	"synscreen/pkg/control"
	"synscreen/pkg/dataplane"
	"synscreen/pkg/history"
)

// commits is what a daemon says about configurations, and what it was asked last.
type commits struct {
	commit        control.CommitResult
	check         control.CheckResult
	confirmed     control.ConfirmResult
	list          control.CommitList
	configuration control.Configuration
	comparison    control.Comparison
	err           error // what everything ends with
	asked         any
}

func (c *commits) Commit(_ context.Context, request control.CommitRequest) (control.CommitResult, error) {
	c.asked = request
	return c.commit, c.err
}

func (c *commits) Check(_ context.Context, request control.CommitRequest) (control.CheckResult, error) {
	c.asked = request
	return c.check, c.err
}

func (c *commits) Confirm(context.Context) (control.ConfirmResult, error) { return c.confirmed, c.err }

func (c *commits) Rollback(_ context.Context, request control.RollbackRequest) (control.CommitResult, error) {
	c.asked = request
	return c.commit, c.err
}

func (c *commits) Compare(_ context.Context, request control.CompareRequest) (control.Comparison, error) {
	c.asked = request
	return c.comparison, c.err
}

func (c *commits) Commits(context.Context) (control.CommitList, error) { return c.list, c.err }

func (c *commits) Configuration(_ context.Context, number *int) (control.Configuration, error) {
	c.asked = number
	return c.configuration, c.err
}

// serveCommits answers about commits on a socket until the test ends.
func serveCommits(t *testing.T, said commits) (backend *canned, socket string) {
	t.Helper()
	backend = &canned{commits: said}
	return backend, serve(t, backend)
}

func TestCommitTellsWhatBecameOfIt(t *testing.T) {
	path := write(t, "set x\n")
	for _, test := range []struct {
		name   string
		result control.CommitResult
		want   outcome
	}{
		{"done", control.CommitResult{Committed: true, Generation: 4, Mode: dataplane.ModeSynCookie},
			outcome{Stdout: "commit complete: generation 4, mode syn-cookie\n"}},
		{"done with a warning", control.CommitResult{Committed: true, Generation: 4, Warnings: []string{"warning: w"}},
			outcome{Stdout: "commit complete: generation 4, mode drop\n", Stderr: "warning: w\n"}},
		{"refused", control.CommitResult{Generation: 3, Errors: []string{"f:1:2: one", "f:2:2: two"}},
			outcome{Code: 1, Stderr: "f:1:2: one\nf:2:2: two\nnothing was committed; " +
				"the running configuration (generation 3) is unchanged\n"}},
		{"refused at first", control.CommitResult{Errors: []string{"f:1:2: one"}},
			outcome{Code: 1, Stderr: "f:1:2: one\nnothing was committed; no configuration is running\n"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			backend, socket := serveCommits(t, commits{commit: test.result})
			expect(t, test.want, "commit", path, "--control-socket", socket)
			if diff := cmp.Diff(control.CommitRequest{Name: path, Text: "set x\n"}, backend.asked); diff != "" {
				t.Errorf("asked (-want +got):\n%s", diff)
			}
			expect(t, test.want, "rollback", "7", "--control-socket", socket)
			if diff := cmp.Diff(control.RollbackRequest{Number: 7}, backend.asked); diff != "" {
				t.Errorf("asked (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCommitConfirmedSaysWhenItIsRolledBack(t *testing.T) {
	path := write(t, "set x\n")
	backend, socket := serveCommits(t, commits{
		commit: control.CommitResult{Committed: true, Generation: 4, Mode: dataplane.ModeSynCookie},
	})
	for _, test := range []struct {
		args    []string
		minutes uint16
		in      string
	}{
		{[]string{path}, 10, "10 minutes"},
		{[]string{"1", path}, 1, "1 minute"},
		{[]string{"65535", path}, 65535, "65535 minutes"},
	} {
		args := append([]string{"commit", "confirmed"}, test.args...)
		expect(t, outcome{Stdout: "commit confirmed will be automatically rolled back in " + test.in +
			" unless confirmed by `synscreen commit`\ncommit complete: generation 4, mode syn-cookie\n"},
			append(args, "--control-socket", socket)...)
		want := control.CommitRequest{Name: path, Text: "set x\n", ConfirmMinutes: test.minutes}
		if diff := cmp.Diff(want, backend.asked); diff != "" {
			t.Errorf("asked (-want +got):\n%s", diff)
		}
	}
	_, socket = serveCommits(t, commits{commit: control.CommitResult{Generation: 3, Errors: []string{"no"}}})
	expect(t, outcome{Code: 1, Stderr: "no\nnothing was committed; the running configuration (generation 3) is unchanged\n"},
		"commit", "confirmed", path, "--control-socket", socket)
}

func TestCommitWithoutAFileConfirms(t *testing.T) {
	_, socket := serveCommits(t, commits{
		confirmed: control.ConfirmResult{Name: "a.conf", Generation: 4, Warnings: []string{"warning: w"}},
	})
	expect(t, outcome{Stdout: "commit complete: a.conf, generation 4, is confirmed\n", Stderr: "warning: w\n"},
		"commit", "--control-socket", socket)
	_, socket = serveCommits(t, commits{err: errors.New("there is nothing to confirm")})
	expect(t, outcome{Code: 1, Stderr: "synscreen: there is nothing to confirm\n"}, "commit", "--control-socket", socket)
}

func TestCommitCheckTellsWhatACommitWouldDo(t *testing.T) {
	path := write(t, "set x\n")
	for _, test := range []struct {
		name   string
		result control.CheckResult
		want   outcome
	}{
		{"little", control.CheckResult{Passed: true, Staged: true, Generation: 3, Mode: dataplane.ModeSynCookie},
			outcome{Stdout: "configuration check succeeds: a commit would run it as generation 4, mode syn-cookie\n"}},
		{"much", control.CheckResult{
			Passed: true, Staged: true, Warnings: []string{"warning: w"},
			Attach: []string{"eth1", "eth2"}, Release: []string{"eth3"},
		}, outcome{Stdout: "configuration check succeeds: a commit would run it as generation 1, mode drop; " +
			"attach eth1, eth2; release eth3\n", Stderr: "warning: w\n"}},
		{"refused", control.CheckResult{Staged: true, Generation: 3, Errors: []string{"f:1:2: one"}},
			outcome{Code: 1, Stderr: "f:1:2: one\nconfiguration check fails; " +
				"the running configuration (generation 3) is unchanged\n"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, socket := serveCommits(t, commits{check: test.result})
			expect(t, test.want, "commit", "check", path, "--control-socket", socket)
		})
	}
}

func TestCommitCheckWithoutADaemonChecksTheText(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	const only = ": only the text was checked, not whether this machine can run it\n"
	good := write(t, "set system dataplane-type userspace\n")
	expect(t, outcome{Stdout: "configuration check succeeds\n", Stderr: "warning: no daemon answers at " + socket + only},
		"commit", "check", good, "--control-socket", socket)
	bad := write(t, "set system dataplane-type userspace\nset security flow syn-flood-protection-mode syn-proxy\n")
	got := command(t, "commit", "check", bad, "--control-socket", socket)
	if got.Code != 1 || got.Stdout != "" || !strings.Contains(got.Stderr, bad+":2:19: ") ||
		!strings.HasSuffix(got.Stderr, "configuration check fails; no configuration is running\n") {
		t.Errorf("%+v", got)
	}
}

func TestCommitsPrintJSONAndExitByTheVerdict(t *testing.T) {
	path := write(t, "set x\n")
	for code, said := range map[int]commits{
		0: {commit: control.CommitResult{Committed: true}, check: control.CheckResult{Passed: true}},
		1: {commit: control.CommitResult{Errors: []string{"no"}}, check: control.CheckResult{Errors: []string{"no"}}},
	} {
		_, socket := serveCommits(t, said)
		for _, args := range [][]string{
			{"commit", path}, {"commit", "confirmed", path}, {"commit", "check", path}, {"rollback", "1"},
		} {
			got := command(t, append(args, "--json", "--control-socket", socket)...)
			if got.Code != code || got.Stderr != "" || !json.Valid([]byte(got.Stdout)) {
				t.Errorf("%v: %+v, want exit code %d", args, got, code)
			}
		}
	}
}

func TestFileThatIsNoTextIsRefusedWithItsOwnBytesAndNotSent(t *testing.T) {
	c := &canned{}
	socket := serve(t, c)
	for _, words := range [][]string{{"commit"}, {"commit", "check"}, {"commit", "confirmed"}, {"compare"}} {
		for text, want := range map[string]string{
			"set system host-name a \xe9\n":       ":1:24: the byte 0xe9 is not readable text; save the file as plain UTF-8 text\n",
			"\x7fELF\x00":                         ":1:1: this is no text: it has bytes 0x00; name a configuration, saved as plain UTF-8 text\n",
			strings.Repeat("#", 1+config.TextMax): ":1:1: the text has more than the 4194304 bytes that are read; shorten it\n",
		} {
			file := write(t, text)
			got := command(t, append(words, file, "--control-socket", socket)...)
			first, _, _ := strings.Cut(got.Stderr, "\n")
			if got.Code != 1 || first+"\n" != file+want {
				t.Errorf("%v: got %+v, want %s%s", words, got, file, want)
			}
		}
	}
	if c.asked != nil {
		t.Errorf("the daemon was asked %v", c.asked)
	}
}

func TestCommitsWithWrongWordsAreUsageErrors(t *testing.T) {
	for want, args := range map[string][]string{
		`"soon" is not a number of minutes from 1 to 65535`:                                          {"commit", "confirmed", "soon", "f"},
		`"0" is not a number of minutes from 1 to 65535`:                                             {"commit", "confirmed", "0", "f"},
		`"65536" is not a number of minutes from 1 to 65535`:                                         {"commit", "confirmed", "65536", "f"},
		`the FILE behind 5 is missing; a file of that name is ./5`:                                   {"commit", "confirmed", "5"},
		"an argument is missing; write: synscreen commit confirmed [MINUTES] FILE":                   {"commit", "confirmed"},
		"an argument is missing; write: synscreen commit check FILE":                                 {"commit", "check"},
		`"g" is one argument too many; write: synscreen commit [FILE]`:                               {"commit", "f", "g"},
		`"confirm" is no word of synscreen commit; did you mean "confirmed"?`:                        {"commit", "confirm", "f"},
		`"chekc" is no word of synscreen commit; did you mean "check"?`:                              {"commit", "chekc", "f"},
		"an argument is missing; write: synscreen compare rollback N":                                {"compare", "rollback"},
		`"50" is not a number from 0 to 49`:                                                          {"rollback", "50"},
		`"x" is not a number from 0 to 49`:                                                           {"show", "system", "rollback", "x"},
		`"-1" is not a number from 0 to 49`:                                                          {"compare", "rollback", "--", "-1"},
		`unknown word "x" after "synscreen show system": one of commit, handover, rollback is known`: {"show", "system", "x"},
	} {
		expectUsage(t, want, args...)
	}
}

func sampleRecord() history.Record {
	return history.Record{
		Name: "a.conf", Way: history.Commit, Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Generation: 3,
	}
}

func TestShowSystemCommitListsWhatRan(t *testing.T) {
	newest, oldest := sampleRecord(), sampleRecord()
	newest.Way, newest.Unconfirmed, newest.Generation = history.CommitConfirmed, true, 4
	at := newest.Time.Add(10 * time.Minute)
	oldest.Way, oldest.Name = history.Start, "/etc/synscreen.conf"
	const table = `No  Committed                Generation  By                               Configuration
0   2026-01-02 03:04:05 UTC  4           commit confirmed, not confirmed  a.conf
1   2026-01-02 03:04:05 UTC  3           start                            /etc/synscreen.conf
`
	list := control.CommitList{Generation: 4, Commits: []history.Record{newest, oldest}}
	waiting := list
	waiting.RollbackAt = &at
	for head, said := range map[string]control.CommitList{
		"": list,
		"Rolled back at 2026-01-02 03:14:05 UTC unless confirmed by `synscreen commit`\n": waiting,
		"No configuration is running; these ran before\n":                                 {Commits: list.Commits},
	} {
		_, socket := serveCommits(t, commits{list: said})
		expect(t, outcome{Stdout: head + table}, "show", "system", "commit", "--control-socket", socket)
	}
}

func TestShowConfigurationPrintsItsForms(t *testing.T) {
	const text = "# why\nset system host-name a\nset system dataplane-type userspace\n"
	backend, socket := serveCommits(t, commits{configuration: control.Configuration{Record: sampleRecord(), Text: text}})
	const head = "## Last commit: 2026-01-02 03:04:05 UTC by commit of \"a.conf\"\n"
	for _, test := range []struct{ flag, want string }{
		{"--set=false", head + "system {\n    host-name a;\n    dataplane-type userspace;\n}\n"},
		{"--set", head + "set system host-name a\nset system dataplane-type userspace\n"},
		{"--verbatim", text},
	} {
		expect(t, outcome{Stdout: test.want}, "show", "configuration", test.flag, "--control-socket", socket)
		if number := backend.asked.(*int); number != nil {
			t.Errorf("asked for %d", *number)
		}
		expect(t, outcome{Stdout: test.want}, "show", "system", "rollback", "3", test.flag, "--control-socket", socket)
		if number := backend.asked.(*int); number == nil || *number != 3 {
			t.Errorf("asked for %v", number)
		}
	}
}

func TestCompareShowsWhatChanges(t *testing.T) {
	const diff = "[edit system]\n+  host-name a;\n"
	path := write(t, "set system host-name a\n")
	backend, socket := serveCommits(t, commits{comparison: control.Comparison{Diff: diff}})
	one, two := 1, 2
	for _, test := range []struct {
		args []string
		want control.CompareRequest
	}{
		{nil, control.CompareRequest{Number: &one}},
		{[]string{"rollback", "2"}, control.CompareRequest{Number: &two}},
		{[]string{path}, control.CompareRequest{Name: path, Text: "set system host-name a\n"}},
	} {
		args := append([]string{"compare", "--control-socket", socket}, test.args...)
		expect(t, outcome{Stdout: diff}, args...)
		if diff := cmp.Diff(test.want, backend.asked); diff != "" {
			t.Errorf("asked (-want +got):\n%s", diff)
		}
	}
	_, socket = serveCommits(t, commits{})
	expect(t, outcome{Stderr: "the configurations say the same\n"}, "compare", "--control-socket", socket)
	bad := write(t, "set sistem\n")
	if got := command(t, "compare", bad); got.Code != 1 || !strings.HasPrefix(got.Stderr, bad+":1:5: ") {
		t.Errorf("%+v", got)
	}
}

func TestCommandThatWaitsLongSaysWhatFor(t *testing.T) {
	for took, want := range map[time.Duration]string{patience - 1: "", patience + 1: "waiting for it\n"} {
		synctest.Test(t, func(t *testing.T) {
			var said bytes.Buffer
			failed := errors.New("no")
			answer, err := patiently(&app{stderr: &said}, "waiting for it", func() (int, error) {
				time.Sleep(took)
				return 7, failed
			})
			if answer != 7 || err != failed || said.String() != want {
				t.Errorf("after %v: answer %d, error %v, said %q", took, answer, err, said.String())
			}
		})
	}
}
