package config

import "net/netip"

// Screen is one ids-option profile. A screen that is not armed is false, zero or nil.
type Screen struct {
	Name                string
	Pos                 Pos
	Description         string
	AlarmWithoutDrop    bool // count and log what the screens find, drop nothing
	AlarmWithoutDropPos Pos
	TCP                 TCPScreens
	UDP                 UDPScreens
	ICMP                ICMPScreens
	IP                  IPScreens
	LimitSession        SessionLimits
	SynFlood            *SynFlood // nil: not armed
	Armed               []Armed   // every armed screen, in the order of the schema
}

// Armed is one armed screen of a profile.
type Armed struct {
	Screen string // its path below the profile, such as "tcp port-scan"
	Pos    Pos
}

// TCPScreens is `tcp`, all but syn-flood.
type TCPScreens struct {
	Pos                  Pos
	FinNoAck             bool
	Land                 bool
	NoFlag               bool // tcp-no-flag
	SynFin               bool
	SynFrag              bool
	WinNuke              bool
	PortScanMicroseconds int // for 10 ports
	SweepMicroseconds    int // tcp-sweep: for 10 addresses
	SynAckAckProxy       int // connections of one source
}

// UDPScreens is `udp`.
type UDPScreens struct {
	Pos                  Pos
	FloodPerSecond       int // packets to one address and port
	PortScanMicroseconds int // for 10 ports
	SweepMicroseconds    int // udp-sweep: for 10 addresses
}

// ICMPScreens is `icmp`.
type ICMPScreens struct {
	Pos               Pos
	Fragment          bool
	Large             bool
	PingDeath         bool
	IPv6Malformed     bool // icmpv6-malformed
	FloodPerSecond    int  // packets to one address
	SweepMicroseconds int  // ip-sweep: for 10 addresses
}

// IPScreens is `ip`.
type IPScreens struct {
	Pos                     Pos
	BadOption               bool
	BlockFrag               bool
	LooseSourceRouteOption  bool
	RecordRouteOption       bool
	SecurityOption          bool
	SourceRouteOption       bool
	StreamOption            bool
	StrictSourceRouteOption bool
	TearDrop                bool
	TimestampOption         bool
	UnknownProtocol         bool
	IPv6MalformedHeader     bool
	ExtensionHeaders        ExtensionHeaders
	ExtensionHeaderLimit    *int // nil: no limit; 0 allows none
}

// ExtensionHeaders is `ip ipv6-extension-header`: the headers that a packet may not have.
type ExtensionHeaders struct {
	Pos         Pos
	AH          bool
	Destination bool
	ESP         bool
	Fragment    bool
	HIP         bool
	HopByHop    bool
	Mobility    bool
	NoNext      bool
	Routing     bool
	Shim6       bool
	UserDefined []HeaderTypes // sorted by First
}

// HeaderTypes is a range of header types, both ends included.
type HeaderTypes struct {
	First, Last int
	Pos         Pos
}

// SessionLimits is `limit-session`: concurrent sessions of one address.
type SessionLimits struct {
	Pos                Pos
	SourceIPBased      int
	DestinationIPBased int
}

// SynFlood holds the knobs of `tcp syn-flood`. Rates are in SYNs per second.
type SynFlood struct {
	Pos                  Pos
	AlarmThreshold       int
	AttackThreshold      int
	SourceThreshold      int
	DestinationThreshold int
	TimeoutSeconds       int
	QueueSize            int         // accepted for compatibility, without effect
	WhiteLists           []WhiteList // sorted by name
}

// WhiteList exempts what matches both of its lists; an empty list matches every address.
type WhiteList struct {
	Name        string
	Pos         Pos
	Source      []netip.Prefix // sorted, masked
	Destination []netip.Prefix // sorted, masked
}
