package dataplane

// Capabilities is what an engine has proved, for the staged configuration or, when none is staged, for
// the running one.
type Capabilities struct {
	Mint     Proof       `json:"mint"`     // known answers, on each path that this CPU runs
	Validate Proof       `json:"validate"` // known answers and a round trip
	Splice   Proof       `json:"splice"`   // the translation's known answers
	Keyset   Proof       `json:"keyset"`   // keys of the current epoch are published
	Staged   bool        `json:"staged"`
	Ports    []PortProof `json:"ports"` // sorted by interface
}

// PortProof is what was proved of one port.
type PortProof struct {
	Interface string `json:"interface"`
	Published bool   `json:"published"` // in the running configuration too, not only staged
	Transmit  Proof  `json:"tx"`
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
