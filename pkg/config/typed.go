package config

// Config is the validated configuration: defaults filled in, inactive statements left out, every list
// sorted, so that equal texts give equal values. Positions point at the statement that decided a value;
// a zero Pos means that the value is a default.
type Config struct {
	HostName      string
	DataplaneType string
	DataplanePos  Pos
	Zones         []Zone   // sorted by name
	Screens       []Screen // sorted by name
	Flow          Flow
	Wires         []Wire // sorted by name

	// Tree is the configuration as it was written, inactive statements included; Format prints it.
	Tree *Tree
}

// Zone is a named set of ports with at most one screen profile.
type Zone struct {
	Name       string
	Pos        Pos
	Interfaces []Interface // sorted by name
	Screen     string      // empty: no profile
	ScreenPos  Pos
}

// Interface is one Linux interface as a zone or a wire names it.
type Interface struct {
	Name string // Linux name: eth1 for eth1 and for eth1.0
	Pos  Pos
}

// ProtectionMode is `security flow syn-flood-protection-mode`.
type ProtectionMode int

// ModeUnset stays distinct from ModeSynCookie: what an unset mode means depends on what can be proved.
const (
	ModeUnset ProtectionMode = iota
	ModeSynCookie
	ModeSynProxy
)

// String gives the configuration keyword, or "unset".
func (m ProtectionMode) String() string {
	switch m {
	case ModeSynCookie:
		return "syn-cookie"
	case ModeSynProxy:
		return "syn-proxy"
	default:
		return "unset"
	}
}

// Activation is `security flow syn-cookie activation`.
type Activation int

// The activations: challenge while flooding, every SYN, or while a listener's queue overflows.
const (
	ActivationThreshold Activation = iota
	ActivationAlways
	ActivationKernel // on wires: as ActivationThreshold
)

// String gives the configuration keyword.
func (a Activation) String() string {
	switch a {
	case ActivationAlways:
		return "always"
	case ActivationKernel:
		return "kernel"
	default:
		return "threshold"
	}
}

// Offload is `security flow syn-cookie offload`.
type Offload int

// Who answers, checks and forwards on wires: the driver as far as it is proved to, the engine, the driver.
const (
	OffloadAuto Offload = iota
	OffloadEngine
	OffloadDriver
)

// String gives the configuration keyword.
func (o Offload) String() string {
	switch o {
	case OffloadEngine:
		return "engine"
	case OffloadDriver:
		return "driver"
	default:
		return "auto"
	}
}

// Flow is `security flow`.
type Flow struct {
	ProtectionMode           ProtectionMode
	ProtectionModePos        Pos
	Activation               Activation
	ActivationPos            Pos
	Offload                  Offload
	OffloadPos               Pos
	PassiveSeconds           int       // between two questions whether a listener overflows
	FloodSeconds             int       // and whether it still does; both 0: always
	Admission                Admission // as it is written; see WireAdmission and HostAdmission
	AdmissionPos             Pos
	Zones                    []ZoneAdmission // sorted by zone
	ValidatedSeconds         int
	ReplyRate                int // a second, by one port; 0: no ceiling
	ReplyPrefixRate          int // and to one prefix
	EpochSkewSeconds         int
	KeyFile                  string // absolute; empty: master.key in the daemon's state directory
	KeyFilePos               Pos
	ServerProfiles           []ServerProfile // sorted by prefix
	NoSynCheck               bool
	TimeWaitSeconds          int
	HalfClose                bool // half-closed connections end by TimeWaitSeconds, too
	InitialTimeoutSeconds    int
	InactivityTimeoutSeconds int
}

// FailMode says what a wire does while no engine drives it.
type FailMode int

// The fail modes: traffic passes, or is dropped.
const (
	FailOpen FailMode = iota
	FailClosed
)

// String gives the configuration keyword.
func (f FailMode) String() string {
	if f == FailClosed {
		return "closed"
	}
	return "open"
}

// Wire is one secure-wire: what enters one interface leaves the other.
type Wire struct {
	Name         string
	Pos          Pos
	InterfaceA   string // in the order written
	InterfaceB   string
	PosA, PosB   Pos
	OnFailure    FailMode
	OnFailurePos Pos
}
