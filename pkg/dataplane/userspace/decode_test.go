package userspace

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"testing"
)

// decoded is an encoded snapshot read back by other means than the encoder's: by the offsets in its
// header, with every rule of snapshot.h checked.
type decoded struct {
	Header   HeaderRecord
	Zones    []ZoneRecord
	Ports    []PortRecord
	Wires    []WireRecord
	Profiles []ProfileRecord
	Prefixes []PrefixRecord
	Servers  []ServerRecord
}

func decode(t *testing.T, encoded []byte) decoded {
	t.Helper()
	var d decoded
	readRecord(t, encoded, &d.Header)
	h := d.Header
	if h.Magic != SnapshotMagic || h.Version != SnapshotVersion || int(h.HeaderSize) != binary.Size(h) {
		t.Fatalf("magic %#x, version %d, header size %d", h.Magic, h.Version, h.HeaderSize)
	}
	if int(h.TotalSize) != len(encoded) {
		t.Fatalf("total size %d, buffer of %d bytes", h.TotalSize, len(encoded))
	}
	if digest := sha256.Sum256(encoded[48:]); digest != h.Digest {
		t.Fatalf("digest %x, computed %x", h.Digest, digest)
	}
	at := uint32(h.HeaderSize)
	d.Zones, at = readSection[ZoneRecord](t, encoded, h.Zones, at)
	d.Ports, at = readSection[PortRecord](t, encoded, h.Ports, at)
	d.Wires, at = readSection[WireRecord](t, encoded, h.Wires, at)
	d.Profiles, at = readSection[ProfileRecord](t, encoded, h.Profiles, at)
	d.Prefixes, at = readSection[PrefixRecord](t, encoded, h.Prefixes, at)
	d.Servers, at = readSection[ServerRecord](t, encoded, h.Servers, at)
	if at != h.TotalSize {
		t.Fatalf("sections end at %d of %d", at, h.TotalSize)
	}
	return d
}

// readSection reads the records of a section, which must begin where the one before ended.
func readSection[R any](t *testing.T, encoded []byte, section SectionRecord, at uint32) ([]R, uint32) {
	t.Helper()
	if section.Offset != at || at%8 != 0 {
		t.Fatalf("%T: offset %d, want %d, a multiple of 8", *new(R), section.Offset, at)
	}
	records := make([]R, section.Count)
	readRecord(t, encoded[at:], records)
	return records, at + uint32(binary.Size(records))
}

func readRecord(t *testing.T, from []byte, into any) {
	t.Helper()
	if err := binary.Read(bytes.NewReader(from), binary.NativeEndian, into); err != nil {
		t.Fatalf("read %T: %v", into, err)
	}
}

// dump writes a buffer as hex, 16 bytes a line under its offset, for golden files.
func dump(encoded []byte) string {
	var b bytes.Buffer
	for at := 0; at < len(encoded); at += 16 {
		fmt.Fprintf(&b, "%04x  % x\n", at, encoded[at:min(at+16, len(encoded))])
	}
	return b.String()
}
