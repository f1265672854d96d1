package cli

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"synscreen/pkg/control"
	"synscreen/pkg/dataplane"
)

func stagedKey() dataplane.KeyStatus {
	return dataplane.KeyStatus{
		File: "/s/master.key", Active: "0123456789abcdef", OtherKind: dataplane.OtherKeyStaged,
		Other: "fedcba9876543210",
	}
}

func retiredKey() dataplane.KeyStatus {
	return dataplane.KeyStatus{
		File: "/s/master.key", Active: "fedcba9876543210", OtherKind: dataplane.OtherKeyRetired,
		Other: "0123456789abcdef", OtherLeft: 131 * time.Second,
	}
}

func TestRequestTellsWhatBecameOfTheKeysAndWhatIsNext(t *testing.T) {
	for _, test := range []struct {
		args []string
		keys control.KeyReport
		want string
	}{
		{[]string{"stage-key", "/etc/k"}, control.KeyReport{Action: dataplane.StageKey, Key: stagedKey()},
			`master key fedcba9876543210 is staged: its cookies are accepted, none is minted with it yet
Key file    /s/master.key
Active key  0123456789abcdef
Other key   fedcba9876543210, staged: accepted, not minted with
Next: stage it on every peer, then run activate-key on all of them within one epoch (64 s)
`},
		{[]string{"activate-key"}, control.KeyReport{Action: dataplane.ActivateKey, Key: retiredKey()},
			`master key fedcba9876543210 is active: cookies are minted with it
Key file    /s/master.key
Active key  fedcba9876543210
Other key   0123456789abcdef, retired: forgotten in 2m11s at most
Next: activate it on every peer within one epoch (64 s)
Until the retired key is forgotten, no key can be staged or activated
`},
		{[]string{"rotate-key"}, control.KeyReport{Action: dataplane.RotateKey, Key: retiredKey()},
			`a new master key, fedcba9876543210, is active: cookies are minted with it
Key file    /s/master.key
Active key  fedcba9876543210
Other key   0123456789abcdef, retired: forgotten in 2m11s at most
Until the retired key is forgotten, no key can be staged or activated
`},
	} {
		socket := serve(t, &canned{keys: test.keys})
		args := append([]string{"request", "security", "syn-cookie"}, test.args...)
		expect(t, outcome{Stdout: test.want}, append(args, "--control-socket", socket)...)
	}
}

func TestRequestMakesTheNameOfTheKeyFileAbsolute(t *testing.T) {
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	backend := &canned{}
	command(t, "request", "security", "syn-cookie", "stage-key", "../new.key", "--control-socket", serve(t, backend))
	want := dataplane.KeyChange{Action: dataplane.StageKey, File: filepath.Join(filepath.Dir(dir), "new.key")}
	if backend.change != want {
		t.Errorf("asked for %+v, want %+v", backend.change, want)
	}
}

func TestRequestThatIsRefusedSaysWhyAndExitsWith1(t *testing.T) {
	socket := serve(t, &canned{refuse: errors.New("stage-key: master key: /etc/k: others can read it: chmod 600")})
	expect(t, outcome{Code: 1, Stderr: "synscreen: stage-key: master key: /etc/k: others can read it: chmod 600\n"},
		"request", "security", "syn-cookie", "stage-key", "/etc/k", "--control-socket", socket)
}
