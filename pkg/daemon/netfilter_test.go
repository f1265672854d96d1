package daemon

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"synscreen/pkg/config"
)

func TestWarnOfNetfilterNamesOpenWiresWhenBridgesAreFiltered(t *testing.T) {
	cfg := &config.Config{Wires: []config.Wire{{Name: "w1", OnFailure: config.FailOpen},
		{Name: "w2", OnFailure: config.FailClosed}}}
	for value, want := range map[string]bool{"1\n": true, "0\n": false, "": false} {
		root := t.TempDir()
		if value != "" {
			dir := filepath.Join(root, "net/bridge")
			if err := os.MkdirAll(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "bridge-nf-call-iptables"), []byte(value), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		var out bytes.Buffer
		warnOfNetfilter(slog.New(slog.NewTextHandler(&out, nil)), root, cfg)
		if got := strings.Contains(out.String(), "wire=w1"); got != want {
			t.Errorf("sysctl %q: warned %v, want %v: %s", value, got, want, out.String())
		}
		if strings.Contains(out.String(), "wire=w2") {
			t.Errorf("sysctl %q: a closed wire is warned of", value)
		}
	}
}
