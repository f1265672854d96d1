package config

// Admission is `admission`: what a valid answer to a challenge leads to.
type Admission int

// The admissions. Unset is as one level up: server-profile, its prefix, zone, all.
const (
	AdmissionUnset Admission = iota
	AdmissionSplice
	AdmissionReset
	AdmissionSafeReset
)

func admissionWords() []string { return []string{"", "splice", "reset", "safe-reset"} }

// String gives the configuration keyword, empty when unset.
func (a Admission) String() string { return admissionWords()[a] }

// ZoneAdmission is `syn-cookie zone`: how the clients of one zone are admitted.
type ZoneAdmission struct {
	Zone      string
	Pos       Pos
	Admission Admission
}

func admissionSchema(fallback string) *statement {
	return newLeaf("admission", oneOf(fallback, admissionWords()[1:]...),
		"what a valid answer to a challenge leads to").asOurs()
}

func zoneAdmissionSchema() *statement {
	return newNamed("zone", "what is different for the clients of one zone", nameOf(63),
		admissionSchema("")).asOurs()
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

// ZoneAdmission gives how the clients of a zone are admitted, where no server profile says otherwise.
func (f Flow) ZoneAdmission(zone string) Admission {
	for _, z := range f.Zones {
		if z.Zone == zone && z.Admission != AdmissionUnset {
			return z.Admission
		}
	}
	return f.Admission
}
