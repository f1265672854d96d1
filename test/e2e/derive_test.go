package e2e

import (
	"encoding/binary"
	"encoding/hex"
	"path/filepath"
	"strconv"
	"testing"

	"synscreen/test/lab"
	"synscreen/test/page"
)

// The keys that derive from a master key, by nothing of synscreen's: see docs/cookie.md.

func zoneKey(master []byte, zone string) []byte {
	return blake2b(master, []byte(zone), nil, nil, 32)
}

// epochKey is what libsodium's crypto_kdf_derive_from_key makes of a zone's key.
func epochKey(zoneKey []byte, epoch uint64) []byte {
	return blake2b(zoneKey, nil, binary.LittleEndian.AppendUint64(nil, epoch), []byte("synscrn1"), 16)
}

func TestKeysDerivedForTestsAreThoseOfTheKnownAnswers(t *testing.T) {
	t.Parallel()
	root, err := lab.Root()
	if err != nil {
		t.Fatal(err)
	}
	rows, err := page.ReadVectors(filepath.Join(root, "testdata/vectors/cookie-v1.tsv"))
	if err != nil || len(rows) == 0 {
		t.Fatalf("%d known answers: %v", len(rows), err)
	}
	for _, row := range rows {
		master, err := hex.DecodeString(row["master_key"])
		if err != nil {
			t.Fatal(err)
		}
		epoch, err := strconv.ParseUint(row["epoch"], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		zone := zoneKey(master, row["zone"])
		if hex.EncodeToString(zone) != row["zone_key"] || hex.EncodeToString(epochKey(zone, epoch)) != row["epoch_key"] {
			t.Errorf("zone %s, epoch %d: derived %x and %x, want %s and %s", row["zone"], epoch, zone,
				epochKey(zone, epoch), row["zone_key"], row["epoch_key"])
		}
	}
}
