package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// synFloodScreen is the one screen that acts on host ports.
const synFloodScreen = "tcp syn-flood"

// HostPort is an interface of a zone that is in no wire: what comes in by it is for this machine itself.
type HostPort struct {
	Interface
	Zone string
}

// HostPorts gives the interfaces that are in a zone and in no wire, sorted by name.
func (c *Config) HostPorts() []HostPort {
	var ports []HostPort
	for _, z := range c.Zones {
		for _, i := range z.Interfaces {
			if !c.InWire(i.Name) {
				ports = append(ports, HostPort{i, z.Name})
			}
		}
	}
	slices.SortFunc(ports, func(a, b HostPort) int { return cmp.Compare(a.Name, b.Name) })
	return ports
}

// InWire says whether an interface is one end of a wire.
func (c *Config) InWire(name string) bool {
	return slices.ContainsFunc(c.Wires, func(w Wire) bool {
		return w.InterfaceA == name || w.InterfaceB == name
	})
}

// hostPorts checks what is said of host ports, and of wires as the other kind of port. Without knowing
// every wire it is silent: a port may only look as if it were in none.
func (c *checker) hostPorts(config *Config) {
	if c.wiresInDoubt() || c.zonesInDoubt() {
		return
	}
	c.admissionsFit(config)
	c.globalAdmission(config)
	c.kernelActivation(config)
	for _, z := range config.Zones {
		c.idleScreens(config, z)
	}
}

// admissionsFit refuses an admission of a zone that one of its ports cannot have.
func (c *checker) admissionsFit(config *Config) {
	for _, z := range config.Zones {
		of, fit := config.Flow.zone(z.Name), (*Interface)(nil)
		if of.Admission == AdmissionUnset {
			continue
		}
		for i := range z.Interfaces {
			if !config.fits(of.Admission, z.Interfaces[i].Name) && fit == nil {
				fit = &z.Interfaces[i]
			}
		}
		if fit != nil {
			c.misfit(config, of, *fit)
		}
	}
}

// fits says whether an interface can have an admission.
func (c *Config) fits(a Admission, name string) bool {
	if c.InWire(name) {
		return a.OnWires()
	}
	return a.OnHostPorts()
}

func (c *checker) misfit(config *Config, of ZoneAdmission, i Interface) {
	kind, is, words := "wires", "a host port", "kernel, kernel-cookies, reset"
	if config.InWire(i.Name) {
		kind, is, words = "host ports", "in a wire", "splice, reset"
	}
	c.fail(of.Pos, of.Path(),
		fmt.Sprintf("admission %s is for %s, and %s (%s) is %s", of.Admission, kind, i.Name, i.Pos, is),
		"use "+words+" or safe-reset, or give host ports a zone of their own")
}

// globalAdmission warns of one that no port has.
func (c *checker) globalAdmission(config *Config) {
	f := config.Flow
	hosts := len(config.HostPorts())
	var msg string
	switch {
	case f.Admission == AdmissionSplice && hosts > 0 && len(config.Wires) == 0:
		msg = "there is no wire; host ports have admission kernel where nothing else is said of their zone"
	case !f.Admission.OnWires() && f.Admission != AdmissionUnset && hosts == 0 && len(config.Wires) > 0:
		msg = "there is no host port; wires have admission splice where nothing else is said of their zone"
	default:
		return
	}
	c.found.warnings.add(Error{Pos: f.AdmissionPos, Path: f.AdmissionPath(),
		Msg: fmt.Sprintf("%s has no effect: %s", f.Admission, msg), Remedy: "remove it"})
}

// kernelActivation warns where no listener is there to be asked.
func (c *checker) kernelActivation(config *Config) {
	f := config.Flow
	if f.Activation != ActivationKernel || len(config.HostPorts()) > 0 || !config.screensWires() {
		return
	}
	c.found.warnings.add(Error{Pos: f.ActivationPos, Path: f.ActivationPath(),
		Msg:    "there is no host port; on wires, which have no listeners to ask, it is as threshold",
		Remedy: "set security flow syn-cookie activation threshold"})
}

// screensWires says whether a profile screens what enters some wire.
func (c *Config) screensWires() bool {
	inWire := func(i Interface) bool { return c.InWire(i.Name) }
	return slices.ContainsFunc(c.Zones, func(z Zone) bool {
		return z.Screen != "" && slices.ContainsFunc(z.Interfaces, inWire)
	})
}

// timers warns of those that have no effect.
func (c *checker) timers(cookie view, activation Activation) {
	for _, keyword := range []string{"passive-timer", "flood-timer"} {
		if v := cookie.down(keyword); v.present() && activation != ActivationKernel {
			c.found.warnings.add(Error{Pos: v.pos(), Path: Flow{}.TimerPath(keyword),
				Msg:    "it has no effect with activation " + activation.String(),
				Remedy: "set security flow syn-cookie activation kernel, or remove it"})
		}
	}
}

// idleScreens warns of what a profile arms in vain: all but SYNs go past a host port, into the kernel.
func (c *checker) idleScreens(config *Config, z Zone) {
	host := slices.IndexFunc(z.Interfaces, func(i Interface) bool { return !config.InWire(i.Name) })
	profile := slices.IndexFunc(config.Screens, func(s Screen) bool { return s.Name == z.Screen })
	if host < 0 || profile < 0 {
		return
	}
	var idle []string
	for _, armed := range config.Screens[profile].Armed {
		if armed.Screen != synFloodScreen {
			idle = append(idle, armed.Screen)
		}
	}
	if len(idle) == 0 {
		return
	}
	if more := len(idle) - maxListed; more > 0 {
		idle = append(idle[:maxListed], fmt.Sprintf("%d more", more))
	}
	c.found.warnings.add(Error{Pos: z.ScreenPos, Path: z.ScreenPath(),
		Msg: fmt.Sprintf("of profile %s only %s acts on host port %s, not %s", quoteWord(z.Screen), synFloodScreen,
			z.Interfaces[host].Name, strings.Join(idle, ", ")),
		Remedy: "leave the others to the host's own firewall"})
}
