package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A report as a guest makes it.
const report = `{"release":"6.1.0-1-cloud-amd64"}
{"object":"shim.bpf.o","program":"screen_shim","instructions":46091}
{"test":"TestOne","ok":true,"seconds":2.04}
{"test":"TestTwo","cards":true,"lacks":"it is of Linux 6.9"}
`

const ended = `{"end":true}` + "\n"

func outcomeOf(t *testing.T, text string) outcome {
	t.Helper()
	findings, err := parse(text)
	return outcome{kernel: "linux-image-1", findings: findings, err: err, took: 61 * time.Second}
}

func printed(all ...outcome) (string, bool) {
	var b strings.Builder
	good := printAll(&b, all)
	return b.String(), good
}

func TestKernelThatLacksWhatATestNeedsIsGood(t *testing.T) {
	const want = `kernel               object      program      instructions  verdict
6.1.0-1-cloud-amd64  shim.bpf.o  screen_shim  46091         loads

kernel               ports       test     seconds  verdict
6.1.0-1-cloud-amd64  veth        TestOne  2.0      ok
6.1.0-1-cloud-amd64  virtio-net  TestTwo  0.0      not possible: it is of Linux 6.9

6.1.0-1-cloud-amd64: 61 s
`
	got, good := printed(outcomeOf(t, report+ended))
	if diff := cmp.Diff(want, got); diff != "" || !good {
		t.Errorf("good %t:\n%s", good, diff)
	}
}

func TestWhateverIsNotAsItShouldBeIsToldAndMakesTheRunFail(t *testing.T) {
	for what, c := range map[string]struct{ text, want string }{
		"a guest that died": {report, "6.1.0-1-cloud-amd64: the guest has not come to the end\n"},
		"a guest that gave up": {report + `{"end":true,"says":"no memory"}`,
			"6.1.0-1-cloud-amd64: the guest: no memory\n"},
		"a kernel that is silent": {"", "linux-image-1: the guest has not come to the end\n"},
		"what is no report":       {"BUG: ...\n" + report + ended, `the guest reports "BUG: ...\n"`},
		"a test that failed": {report + `{"test":"TestThree","seconds":9,"says":"it broke"}` + "\n" + ended,
			"6.1.0-1-cloud-amd64: TestThree, veth:\nit broke\n"},
		"a program that is refused": {report + `{"object":"o","program":"p","says":"R4 min value"}` + "\n" + ended,
			"refused: R4 min value\n"},
		"a program beyond the budget": {report + `{"object":"o","program":"p","instructions":400001}` + "\n" + ended,
			"400001        more than 400000 instructions\n"},
	} {
		got, good := printed(outcomeOf(t, report+ended), outcomeOf(t, c.text))
		if good || !strings.Contains(got, c.want) {
			t.Errorf("%s: good %t, want %q:\n%s", what, good, c.want, got)
		}
	}
	_, good := printed(outcome{kernel: "linux-image-1", err: errors.New("no emulator")})
	if good {
		t.Error("a kernel that was not tried is good")
	}
}

func TestTrialNeedsAKernelThatIsNewEnough(t *testing.T) {
	needs := trial{Needs: need{version{6, 9}, "it"}}
	for release, want := range map[string]string{
		"6.1.0-56-cloud-amd64": "it is of Linux 6.9", "5.15.1": "it is of Linux 6.9",
		"6.9.0": "", "6.12.117+deb12-cloud-amd64": "", "7.0": "",
	} {
		running, err := versionOf(release)
		if err != nil {
			t.Fatal(err)
		}
		if got := needs.lacks(running); got != want {
			t.Errorf("%s lacks %q, want %q", release, got, want)
		}
		if got := (trial{}).lacks(running); got != "" {
			t.Errorf("%s lacks %q for a trial that needs nothing", release, got)
		}
	}
	if _, err := versionOf("linux"); err == nil {
		t.Error("a release without numbers is one")
	}
}
