package userspace

// The records mirror the structs of csrc/include/synscreen/snapshot.h, field by field; a test compares
// sizes and offsets with those of the C compiler. They have no implicit padding.

// Values of snapshot.h's enumerators.
const (
	SnapshotMagic   = 0x53594e53
	SnapshotVersion = 6
	NameSize        = 68
	InterfaceSize   = 16
	PathSize        = 256
	SkewMax         = 20
	DigestSize      = 32
	ZonesMax        = 64
	PortsMax        = 64
	WiresMax        = 32
	ProfilesMax     = 64
	PrefixesMax     = 16384
	WhiteListMax    = 4096
	ListsMax        = 64
	ServersMax      = 64
	NoIndex         = 0xffff
)

// Kinds of a white-list's prefix.
const (
	PrefixSource      = 0
	PrefixDestination = 1
)

// SectionRecord is struct screen_section.
type SectionRecord struct {
	Offset uint32
	Count  uint32
}

// HeaderRecord is struct screen_snapshot_header.
type HeaderRecord struct {
	Magic              uint32
	Version            uint16
	HeaderSize         uint16
	TotalSize          uint32
	Reserved0          uint32
	Digest             [DigestSize]byte
	Generation         uint64
	Zones              SectionRecord
	Ports              SectionRecord
	Wires              SectionRecord
	Profiles           SectionRecord
	Prefixes           SectionRecord
	Servers            SectionRecord
	Mode               uint8
	Activation         uint8
	NoSynCheck         uint8
	Offload            uint8
	TimeWaitS          uint16
	InitialTimeoutS    uint16
	EpochSkewS         uint8
	HalfClose          uint8
	Admission          uint8
	HostAdmission      uint8
	InactivityTimeoutS uint32
	ReplyRate          uint32
	ReplyPrefixRate    uint32
	ValidatedTimeoutS  uint16
	PassiveTimerS      uint16
	FloodTimerS        uint16
	Reserved3          uint16
	KeyFile            [PathSize]byte
}

// ZoneRecord is struct screen_zone_config.
type ZoneRecord struct {
	Name      [NameSize]byte
	Profile   uint16
	Admission uint8
	Reserved  uint8
}

// PortRecord is struct screen_port_config.
type PortRecord struct {
	Ifname   [InterfaceSize]byte
	Zone     uint16
	Wire     uint16
	Reserved uint32
}

// WireRecord is struct screen_wire_config.
type WireRecord struct {
	Name      [NameSize]byte
	Port      [2]uint16
	OnFailure uint8
	Reserved  [7]uint8
}

// ProfileRecord is struct screen_profile_config.
type ProfileRecord struct {
	Name        [NameSize]byte
	PrefixFirst uint32
	PrefixCount uint32
	Reserved0   uint32
	Armed       uint64
	// the numbers of the screens, 0 for one that is not armed
	AlarmThreshold       uint32
	AttackThreshold      uint32
	SourceThreshold      uint32
	DestinationThreshold uint32
	TimeoutS             uint32
	IcmpFlood            uint32
	UdpFlood             uint32
	TcpPortScanUs        uint32
	UdpPortScanUs        uint32
	IpSweepUs            uint32
	TcpSweepUs           uint32
	UdpSweepUs           uint32
	SynAckAck            uint32
	SourceSessions       uint32
	DestinationSessions  uint32
	ExtensionLimit       uint8
	AlarmWithoutDrop     uint8
	Reserved1            [2]uint8
	ExtensionHeaders     [4]uint64
}

// PrefixRecord is struct screen_prefix_config.
type PrefixRecord struct {
	Address  [16]byte
	Length   uint8
	Kind     uint8
	List     uint16
	Reserved uint32
}

// Bits of a server profile's Known and Has.
const (
	ServerMSS        = 1 << 0
	ServerWScale     = 1 << 1
	ServerSACK       = 1 << 2
	ServerTimestamps = 1 << 3
	ServerECN        = 1 << 4
	ServerWindow     = 1 << 5
)

// ServerProfileRecord is struct screen_server_profile.
type ServerProfileRecord struct {
	Mss      uint16
	Window   uint16
	Wscale   uint8
	Known    uint8
	Has      uint8
	Reserved uint8
}

// ServerRecord is struct screen_server_config.
type ServerRecord struct {
	Address   [16]byte
	Length    uint8
	Admission uint8
	Port      uint16
	NoProbe   uint8
	Reserved  [3]uint8
	Profile   ServerProfileRecord
}
