package daemon

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"synscreen/pkg/config"
)

// warnOfNetfilter says so when the machine's netfilter looks into bridges: a FORWARD policy of DROP,
// such as Docker's, then turns `on-failure open` into closed. sysctl is where sysctls are.
func warnOfNetfilter(log *slog.Logger, sysctl string, cfg *config.Config) {
	var hooks []string
	for _, name := range []string{"bridge-nf-call-iptables", "bridge-nf-call-ip6tables"} {
		value, err := os.ReadFile(filepath.Join(sysctl, "net/bridge", name))
		if err == nil && strings.TrimSpace(string(value)) != "0" {
			hooks = append(hooks, "net.bridge."+name)
		}
	}
	if len(hooks) == 0 {
		return
	}
	for _, wire := range cfg.Wires {
		if wire.OnFailure == config.FailOpen {
			log.Warn("netfilter looks into bridges: a FORWARD policy that drops makes this wire "+
				"fail closed; set the sysctls to 0, or accept the wire's traffic",
				"wire", wire.Name, "sysctls", hooks)
		}
	}
}
