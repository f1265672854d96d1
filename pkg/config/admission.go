package config

import "cmp"

// Admission is `admission`: what a valid answer to a challenge leads to.
type Admission int

// The admissions. Unset is as one level up: server-profile, its prefix, zone, all.
const (
	AdmissionUnset Admission = iota
	AdmissionSplice
	AdmissionReset
	AdmissionSafeReset
	AdmissionKernel
	AdmissionKernelCookies
)

func admissionWords() []string {
	return []string{"", "splice", "reset", "safe-reset", "kernel", "kernel-cookies"}
}

// wireAdmissionWords are those of wires, whose frames never come to this machine's listeners.
func wireAdmissionWords() []string { return admissionWords()[AdmissionSplice:AdmissionKernel] }

// String gives the configuration keyword, empty when unset.
func (a Admission) String() string { return admissionWords()[a] }

// OnWires says whether wires know the admission, OnHostPorts whether host ports do.
func (a Admission) OnWires() bool {
	return a == AdmissionSplice || a == AdmissionReset || a == AdmissionSafeReset
}

// OnHostPorts is true for all but splice, which needs a second port, and for none.
func (a Admission) OnHostPorts() bool { return a != AdmissionUnset && a != AdmissionSplice }

// ZoneAdmission is `syn-cookie zone`: how the clients of one zone are admitted.
type ZoneAdmission struct {
	Zone      string
	Pos       Pos
	Admission Admission
}

func admissionSchema(help string, words []string) *statement {
	return newLeaf("admission", oneOf("", words...),
		"what a valid answer to a challenge leads to"+help).asOurs()
}

func zoneAdmissionSchema() *statement {
	return newNamed("zone", "what is different for the clients of one zone", nameOf(63),
		admissionSchema("", admissionWords()[1:])).asOurs()
}

func admissionOf(v view) Admission {
	for i, word := range admissionWords() {
		if word != "" && v.down("admission").text() == word {
			return Admission(i)
		}
	}
	return AdmissionUnset
}

func zoneAdmissions(cookie view) []ZoneAdmission {
	var out []ZoneAdmission
	for _, v := range cookie.all("zone") {
		out = append(out, ZoneAdmission{Zone: v.text(), Pos: v.pos(), Admission: admissionOf(v)})
	}
	return out
}

// WireAdmission gives how clients are admitted on wires, where neither their zone nor a server profile says
// otherwise.
func (f Flow) WireAdmission() Admission {
	if f.Admission.OnWires() {
		return f.Admission
	}
	return AdmissionSplice
}

// HostAdmission gives how clients are admitted on host ports, where their zone does not say otherwise.
func (f Flow) HostAdmission() Admission {
	if f.Admission.OnHostPorts() {
		return f.Admission
	}
	return AdmissionKernel
}

// ZoneAdmission gives what is said of the clients of one zone alone.
func (f Flow) ZoneAdmission(zone string) Admission { return f.zone(zone).Admission }

// zone finds what is said of one zone.
func (f Flow) zone(name string) ZoneAdmission {
	for _, z := range f.Zones {
		if z.Zone == name {
			return z
		}
	}
	return ZoneAdmission{}
}

// ZoneWireAdmission gives how clients are admitted that come by a zone's wires.
func (f Flow) ZoneWireAdmission(zone string) Admission {
	return cmp.Or(f.ZoneAdmission(zone), f.WireAdmission())
}

// ZoneHostAdmission gives how clients are admitted that come by a zone's host ports.
func (f Flow) ZoneHostAdmission(zone string) Admission {
	return cmp.Or(f.ZoneAdmission(zone), f.HostAdmission())
}
