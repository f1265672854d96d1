package daemon

import (
	"fmt"
	"net"
	"strings"

	"synscreen/pkg/config"
	"synscreen/pkg/dataplane/userspace"
)

// addressesOf gives the addresses of an interface by which others could reach this machine.
func addressesOf(ifname string) (addresses []string) {
	link, err := net.InterfaceByName(ifname)
	if err != nil {
		return nil
	}
	all, err := link.Addrs()
	if err != nil {
		return nil
	}
	for _, address := range all {
		if ip, ok := address.(*net.IPNet); ok && ip.IP.IsGlobalUnicast() {
			addresses = append(addresses, ip.String())
		}
	}
	return addresses
}

// addressWarnings are about ports that have addresses: what is sent to them crosses the wire, and who came
// by one to configure this machine is shut out.
func addressWarnings(cfg *config.Config, of func(ifname string) []string) []userspace.Refusal {
	if of == nil {
		return nil
	}
	var warnings []userspace.Refusal
	for _, wire := range cfg.Wires {
		for _, ifname := range []string{wire.InterfaceA, wire.InterfaceB} {
			if addresses := of(ifname); len(addresses) > 0 {
				warnings = append(warnings, userspace.Refusal{
					Path: wire.InterfacePath(), At: wire.Pos.String(),
					Reason: fmt.Sprintf("%s has the address %s, by which this machine cannot be reached while it is "+
						"a port", ifname, strings.Join(addresses, " and ")),
					Remedy: fmt.Sprintf("take it away (ip address flush dev %s), or name another interface", ifname),
				})
			}
		}
	}
	return warnings
}
