package config

import "net/netip"

// ServerProfile is `syn-cookie server-profile`: what the servers in a prefix agree to, as far as it is
// not to be learned from them.
type ServerProfile struct {
	Prefix    netip.Prefix // masked
	Pos       Pos
	EveryPort bool // it speaks of all ports; false: of those in Ports alone
	ServerOptions
	Ports []ServerPort // sorted
}

// ServerPort is what one port of the servers in a prefix agrees to. What it does not say, its prefix says.
type ServerPort struct {
	Port int
	Pos  Pos
	ServerOptions
}

// ServerOptions are the TCP options that a server agrees to.
type ServerOptions struct {
	MSS         int // 0: learned
	WindowScale Setting
	Shift       int // of the window, where WindowScale is SettingOn
	SACK        Setting
	Timestamps  Setting
	ECN         Setting
	Admission   Admission // of clients to these servers
}

// Answer says whether it follows from these options that the servers answer: not from how clients to them
// are admitted, which may be said of networks.
func (o ServerOptions) Answer() bool {
	return o == ServerOptions{} || o != ServerOptions{Admission: o.Admission}
}

// Setting is whether a server agrees to an option.
type Setting int

// What a configuration can say of an option.
const (
	SettingLearned Setting = iota // nothing
	SettingOn
	SettingOff
)

// String gives the word.
func (s Setting) String() string {
	switch s {
	case SettingOn:
		return "on"
	case SettingOff:
		return "off"
	default:
		return "learned"
	}
}

// Over gives what these options say, and where they say nothing, what others do.
func (o ServerOptions) Over(others ServerOptions) ServerOptions {
	out := ServerOptions{
		MSS:        o.MSS,
		SACK:       o.SACK.over(others.SACK),
		Timestamps: o.Timestamps.over(others.Timestamps),
		ECN:        o.ECN.over(others.ECN),
		Admission:  o.Admission,
	}
	if out.Admission == AdmissionUnset {
		out.Admission = others.Admission
	}
	if out.MSS == 0 {
		out.MSS = others.MSS
	}
	out.WindowScale, out.Shift = o.WindowScale, o.Shift
	if o.WindowScale == SettingLearned {
		out.WindowScale, out.Shift = others.WindowScale, others.Shift
	}
	return out
}

func (s Setting) over(other Setting) Setting {
	if s == SettingLearned {
		return other
	}
	return s
}
