package cli

import (
	"os"
	"path/filepath"
	"testing"
)

// replayText screens what comes in by eth1.
const replayText = `set system dataplane-type userspace
set security screen ids-option web tcp syn-flood attack-threshold 10
set security zones security-zone untrust interfaces eth1
set security zones security-zone untrust screen web
set security zones security-zone trust interfaces eth2
set security forwarding-options secure-wire w1 interface [ eth1 eth2 ]
`

func TestReplayUsageErrorsNameTheFlagAndTheRemedy(t *testing.T) {
	config := write(t, replayText)
	for want, args := range map[string][]string{
		`required flag(s) "config", "key-file", "epoch" not set`:                                              {"replay", "f"},
		`an argument is missing; write: synscreen replay --config FILE --key-file FILE --epoch EPOCH CAPTURE`: {"replay"},
		`--port: eth9 is no port of the configuration; its ports are eth1, eth2`: {"replay", "--config", config,
			"--key-file", "k", "--epoch", "1", "--port", "eth9", "f"},
	} {
		expectUsage(t, want, args...)
	}
}

func TestReplayRefusesAConfigurationAsCheckDoes(t *testing.T) {
	path := write(t, "set sistem x\n")
	want := command(t, "check", path)
	expect(t, want, "replay", "--config", path, "--key-file", "k", "--epoch", "1", "f")
	missing := filepath.Join(t.TempDir(), "none")
	expect(t, outcome{Code: 1, Stderr: "synscreen: read the configuration: open " + missing +
		": no such file or directory\n"}, "replay", "--config", missing, "--key-file", "k", "--epoch", "1", "f")
}

func TestReplayNeedsAPort(t *testing.T) {
	path := write(t, "set system dataplane-type userspace\n")
	expect(t, outcome{Code: 1, Stderr: "synscreen: replay f: the configuration has no wire: " +
		"add a security forwarding-options secure-wire\n"},
		"replay", "--config", path, "--key-file", "k", "--epoch", "1", "f")
}

func TestReplayOfNoFileFails(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "none")
	expect(t, outcome{Code: 1, Stderr: "synscreen: replay " + missing + ": open " + missing +
		": no such file or directory\n"}, "replay", "--config", write(t, replayText), "--key-file", "k", "--epoch", "1",
		missing)
}

func TestReplayDoesNotWriteOverTheCapture(t *testing.T) {
	path := write(t, "capture")
	in, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	_, err = createOutput(path, in)
	if want := "--out " + path + " is the capture itself; name another file"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	if text, err := os.ReadFile(path); string(text) != "capture" {
		t.Errorf("the capture is now %q, %v", text, err)
	}
}
