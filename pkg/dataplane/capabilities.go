package dataplane

// Capabilities is what an engine has proved, for the staged configuration or, when none is staged, for
// the running one.
type Capabilities struct {
	Mint     Proof `json:"mint"`     // known answers, on each path that this CPU runs
	Validate Proof `json:"validate"` // known answers and a round trip
	Splice   Proof `json:"splice"`   // the translation's known answers
	Keyset   Proof `json:"keyset"`   // keys of the current epoch are published
	// of host ports: a connection was made in a namespace of its own
	KernelAdmission Proof       `json:"kernel_admission"`
	KernelCookies   Proof       `json:"kernel_cookies"` // likewise: net.ipv4.tcp_syncookies can be written
	Staged          bool        `json:"staged"`
	Ports           []PortProof `json:"ports"` // sorted by interface
	Zones           []ZoneProof `json:"zones"` // the screened ones, sorted by name
}

// PortProof is what was proved of one port.
type PortProof struct {
	Interface string `json:"interface"`
	Published bool   `json:"published"` // in the running configuration too, not only staged
	Transmit  Proof  `json:"tx"`
	Answer    Proof  `json:"answer"` // the driver sends replies
	Pass      Proof  `json:"pass"`   // and what its peer's driver hands to it
}

// ZoneProof is what was proved of one zone.
type ZoneProof struct {
	Zone   string `json:"zone"`
	Splice Proof  `json:"splice"` // both directions of its connections come by
}

// Zone finds the proof of a zone.
func (c Capabilities) Zone(name string) (ZoneProof, bool) {
	for _, zone := range c.Zones {
		if zone.Zone == name {
			return zone, true
		}
	}
	return ZoneProof{}, false
}

// Port finds the proof of an interface.
func (c Capabilities) Port(ifname string) (PortProof, bool) {
	for _, port := range c.Ports {
		if port.Interface == ifname {
			return port, true
		}
	}
	return PortProof{}, false
}
