package config

import "strings"

// The methods here name objects as an operator would type them, so that a refusal anywhere in the
// program can point at the statement that caused it.

// DataplanePath is the path of the dataplane type.
func (c *Config) DataplanePath() string { return "system dataplane-type" }

// Path is the configuration path of the zone.
func (z Zone) Path() string { return joinPath("security", "zones", "security-zone", z.Name) }

// ScreenPath is the path of the statement that attaches a profile to the zone.
func (z Zone) ScreenPath() string { return z.Path() + " screen" }

// InterfacePath is the path of one interface of the zone.
func (z Zone) InterfacePath(name string) string {
	return z.Path() + " interfaces " + quoteWord(name)
}

// Path is the configuration path of the profile.
func (s Screen) Path() string { return joinPath("security", "screen", "ids-option", s.Name) }

// ArmedPath is the path of one armed screen of the profile.
func (s Screen) ArmedPath(armed Armed) string { return s.Path() + " " + armed.Screen }

// AlarmWithoutDropPath is the path of the profile's dry run.
func (s Screen) AlarmWithoutDropPath() string { return s.Path() + " alarm-without-drop" }

// SynFloodPath is the path of the profile's `tcp syn-flood`.
func (s Screen) SynFloodPath() string { return s.Path() + " tcp syn-flood" }

// WhiteListPath is the path of one white-list of the profile.
func (s Screen) WhiteListPath(name string) string {
	return s.SynFloodPath() + " white-list " + quoteWord(name)
}

// Path is the configuration path of the flow settings.
func (f Flow) Path() string { return "security flow" }

// ProtectionModePath is the path of the protection mode.
func (f Flow) ProtectionModePath() string { return "security flow syn-flood-protection-mode" }

// ActivationPath is the path of the activation of SYN cookies.
func (f Flow) ActivationPath() string { return "security flow syn-cookie activation" }

// OffloadPath is the path of what is left to the driver.
func (f Flow) OffloadPath() string { return "security flow syn-cookie offload" }

// TimerPath is the path of passive-timer or flood-timer.
func (f Flow) TimerPath(keyword string) string { return "security flow syn-cookie " + keyword }

// AdmissionPath is the path of the admission.
func (f Flow) AdmissionPath() string { return "security flow syn-cookie admission" }

// Path is the configuration path of what is different for a zone.
func (z ZoneAdmission) Path() string {
	return joinPath("security", "flow", "syn-cookie", "zone", z.Zone)
}

// KeyFilePath is the path of the file of the master key.
func (f Flow) KeyFilePath() string { return "security flow syn-cookie key-file" }

// ServerProfilesPath is the path of all server profiles.
func (f Flow) ServerProfilesPath() string { return "security flow syn-cookie server-profile" }

// Path is the configuration path of the wire.
func (w Wire) Path() string {
	return joinPath("security", "forwarding-options", "secure-wire", w.Name)
}

// InterfacePath is the path of the wire's pair of interfaces.
func (w Wire) InterfacePath() string { return w.Path() + " interface" }

// OnFailurePath is the path of the wire's fail mode.
func (w Wire) OnFailurePath() string { return w.Path() + " on-failure" }

// joinPath joins words with blanks, quoting those that would not read back as one word.
func joinPath(words ...string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = quoteWord(word)
	}
	return strings.Join(quoted, " ")
}
