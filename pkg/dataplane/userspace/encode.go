package userspace

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"net/netip"
	"unsafe"
)

// Sizes of the records; offsets of the header's digest and of what it covers.
const (
	headerSize   = int(unsafe.Sizeof(HeaderRecord{}))
	digestOffset = int(unsafe.Offsetof(HeaderRecord{}.Digest))
	digestEnd    = digestOffset + DigestSize
)

// encode writes a snapshot as csrc/include/synscreen/snapshot.h says. compile has checked every limit,
// so that it cannot fail.
func encode(s *snapshot, generation uint64) []byte {
	header := HeaderRecord{
		Magic:              SnapshotMagic,
		Version:            SnapshotVersion,
		HeaderSize:         uint16(headerSize),
		Generation:         generation,
		Mode:               uint8(s.mode),
		Activation:         uint8(s.activation),
		NoSynCheck:         octet(s.noSynCheck),
		Offload:            uint8(s.offload),
		TimeWaitS:          uint16(s.timeWaitS),
		InitialTimeoutS:    uint16(s.initialTimeoutS),
		EpochSkewS:         uint8(s.epochSkewS),
		Admission:          uint8(s.admission),
		HostAdmission:      uint8(s.hostAdmission),
		PassiveTimerS:      uint16(s.passiveS),
		FloodTimerS:        uint16(s.floodS),
		ReplyRate:          uint32(s.replyRate),
		ReplyPrefixRate:    uint32(s.replyPrefixRate),
		ValidatedTimeoutS:  uint16(s.validatedS),
		HalfClose:          octet(s.halfClose),
		InactivityTimeoutS: uint32(s.inactivityTimeoutS),
	}
	copy(header.KeyFile[:], s.keyFile)
	out := make([]byte, headerSize)
	out, header.Zones = appendSection(out, s.zones, zone.record)
	out, header.Ports = appendSection(out, s.ports, port.record)
	out, header.Wires = appendSection(out, s.wires, wire.record)
	out, header.Profiles = appendSection(out, s.profiles, profile.record)
	out, header.Prefixes = appendSection(out, s.prefixes, prefix.record)
	out, header.Servers = appendSection(out, s.servers, server.record)
	header.TotalSize = uint32(len(out))
	putRecord(out, header)
	seal(out)
	return out
}

// seal computes the digest of an encoded snapshot and writes it into the header.
func seal(encoded []byte) {
	digest := sha256.Sum256(encoded[digestEnd:])
	copy(encoded[digestOffset:digestEnd], digest[:])
}

// appendSection appends one record for each entry and tells where they are. Every record's size is a
// multiple of 8, so that sections are aligned without gaps.
func appendSection[E, R any](out []byte, entries []E, record func(E) R) ([]byte, SectionRecord) {
	section := SectionRecord{Offset: uint32(len(out)), Count: uint32(len(entries))}
	for _, entry := range entries {
		out = appendRecord(out, record(entry))
	}
	return out, section
}

func appendRecord(out []byte, record any) []byte {
	out, err := binary.Append(out, binary.NativeEndian, record)
	if err != nil {
		panic(fmt.Sprintf("encode %T: not of fixed size: %v", record, err))
	}
	return out
}

func putRecord(out []byte, record any) {
	copy(out, appendRecord(nil, record))
}

func (z zone) record() ZoneRecord {
	record := ZoneRecord{Profile: uint16(z.profile), Admission: uint8(z.admission)}
	copy(record.Name[:], z.name)
	return record
}

func (p port) record() PortRecord {
	record := PortRecord{Zone: uint16(p.zone), Wire: uint16(p.wire)}
	copy(record.Ifname[:], p.ifname)
	return record
}

func (w wire) record() WireRecord {
	record := WireRecord{
		Port:      [2]uint16{uint16(w.ports[0]), uint16(w.ports[1])},
		OnFailure: uint8(w.onFailure),
	}
	copy(record.Name[:], w.name)
	return record
}

func (p profile) record() ProfileRecord {
	record := p.screens
	record.PrefixFirst = uint32(p.prefixFirst)
	record.PrefixCount = uint32(p.prefixCount)
	copy(record.Name[:], p.name)
	return record
}

func (p prefix) record() PrefixRecord {
	mapped := v4Mapped(p.prefix)
	return PrefixRecord{
		Address: mapped.Addr().As16(),
		Length:  uint8(mapped.Bits()),
		Kind:    p.kind,
		List:    uint16(p.list),
	}
}

func (s server) record() ServerRecord {
	mapped := v4Mapped(s.prefix)
	return ServerRecord{
		Address:   mapped.Addr().As16(),
		Length:    uint8(mapped.Bits()),
		Port:      uint16(s.port),
		Admission: uint8(s.admission),
		NoProbe:   octet(s.answers),
		Profile:   s.profile,
	}
}

// v4Mapped writes an IPv4 prefix as the IPv6 prefix ::ffff:a.b.c.d/(96+n) and leaves others alone.
func v4Mapped(p netip.Prefix) netip.Prefix {
	if !p.Addr().Is4() {
		return p
	}
	return netip.PrefixFrom(netip.AddrFrom16(p.Addr().As16()), p.Bits()+96)
}

func octet(on bool) uint8 {
	if on {
		return 1
	}
	return 0
}
