package userspace

import (
	"fmt"
	"slices"

	"synscreen/pkg/config"
	"synscreen/pkg/dataplane"
)

// judgeHostZones wants the proof of what becomes of valid answers on host ports: one word for each zone
// with a screen that has any.
func (g *gate) judgeHostZones() {
	for _, z := range g.cfg.Zones {
		if !armed(g.cfg, z.Screen) || !hasHostPort(g.cfg, z) {
			continue
		}
		switch g.cfg.Flow.ZoneHostAdmission(z.Name) {
		case config.AdmissionKernel:
			g.needOfZone(z, "kernel_admission", g.proved.KernelAdmission,
				"set the sysctl net.ipv4.tcp_syncookies to 1 if it is 0, then commit again")
		case config.AdmissionKernelCookies:
			g.needOfZone(z, "kernel_cookies", g.proved.KernelCookies,
				"see that the sysctl net.ipv4.tcp_syncookies can be written, then commit again")
		case config.AdmissionUnset, config.AdmissionSplice, config.AdmissionReset, config.AdmissionSafeReset:
		}
	}
}

func (g *gate) needOfZone(z config.Zone, name string, proof dataplane.Proof, remedy string) {
	if proof.Answer == dataplane.Yes {
		return
	}
	admission := g.cfg.Flow.ZoneHostAdmission(z.Name)
	g.refusals = append(g.refusals, Refusal{
		Path:   z.Path(),
		At:     at(z.Pos),
		Reason: fmt.Sprintf("admission %s of its host ports needs %s: %s", admission, name, proof),
		Remedy: remedy + "; or set security flow syn-cookie zone " + z.Name + " admission " +
			otherAdmissions(g.cfg, z, admission),
	})
}

// otherAdmissions lists those that need less than kernel does and that every port of the zone can have.
func otherAdmissions(cfg *config.Config, z config.Zone, refused config.Admission) string {
	if refused == config.AdmissionKernelCookies || hasWire(cfg, z) {
		return "safe-reset or reset"
	}
	return "safe-reset, reset or kernel-cookies"
}

// splices says whether a connection that comes by a screened wire may be spliced.
func splices(cfg *config.Config) bool {
	preset := slices.ContainsFunc(cfg.Flow.ServerProfiles, func(p config.ServerProfile) bool {
		return p.Admission == config.AdmissionSplice ||
			slices.ContainsFunc(p.Ports, func(s config.ServerPort) bool { return s.Admission == config.AdmissionSplice })
	})
	return slices.ContainsFunc(cfg.Zones, func(z config.Zone) bool {
		return armed(cfg, z.Screen) && hasWire(cfg, z) &&
			(preset || cfg.Flow.ZoneWireAdmission(z.Name) == config.AdmissionSplice)
	})
}

// punts says whether the kernel answers the SYNs of a zone's host ports.
func punts(cfg *config.Config, zone string) bool {
	return cfg.Flow.ZoneHostAdmission(zone) == config.AdmissionKernelCookies
}

// onlyPunts says whether there are screened ports, and the kernel answers for all of them.
func onlyPunts(cfg *config.Config) bool {
	some := false
	for _, z := range cfg.Zones {
		if !armed(cfg, z.Screen) || len(z.Interfaces) == 0 {
			continue
		}
		if hasWire(cfg, z) || !punts(cfg, z.Name) {
			return false
		}
		some = true
	}
	return some
}

func hasWire(cfg *config.Config, z config.Zone) bool {
	return slices.ContainsFunc(z.Interfaces, func(i config.Interface) bool { return cfg.InWire(i.Name) })
}

func hasHostPort(cfg *config.Config, z config.Zone) bool {
	return slices.ContainsFunc(z.Interfaces, func(i config.Interface) bool { return !cfg.InWire(i.Name) })
}
