package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// member is a file as a kernel would find it in an archive.
type member struct {
	Name, Content string
	Mode          int64
	Device        [2]int64
}

// readArchive follows the kernel's description of the format, not archive.go.
func readArchive(t *testing.T, b []byte) (all []member) {
	t.Helper()
	for at := 0; ; {
		if at%4 != 0 || len(b) < at+110 || string(b[at:at+6]) != "070701" {
			t.Fatalf("no head at byte %d of %d", at, len(b))
		}
		field := func(i int) int64 {
			n, err := strconv.ParseInt(string(b[at+6+8*i:at+14+8*i]), 16, 64)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		nameEnd := at + 110 + int(field(11))
		m := member{Name: string(b[at+110 : nameEnd-1]), Mode: field(1), Device: [2]int64{field(9), field(10)}}
		start := (nameEnd + 3) &^ 3
		end := start + int(field(6))
		m.Content = string(b[start:end])
		at = (end + 3) &^ 3
		if m.Name == "TRAILER!!!" {
			if at != len(b) {
				t.Errorf("%d bytes are behind the archive's end", len(b)-at)
			}
			return all
		}
		all = append(all, m)
	}
}

func TestArchiveHoldsEachFileOnceBehindItsDirectories(t *testing.T) {
	from := filepath.Join(t.TempDir(), "from")
	if err := os.WriteFile(from, []byte("abcde"), 0o600); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	a := newArchive(&b)
	a.file("/usr/bin/one", from)
	a.text("/usr/two", "12")
	a.link("/usr/bin/three", "one")
	a.device("/dev/console", 5, 1)
	a.directory("/usr/bin")
	a.file("/usr/bin/one", "/nowhere")
	if err := a.end(); err != nil {
		t.Fatal(err)
	}
	want := []member{
		{Name: "usr", Mode: 0o040755},
		{Name: "usr/bin", Mode: 0o040755},
		{Name: "usr/bin/one", Mode: 0o100755, Content: "abcde"},
		{Name: "usr/two", Mode: 0o100755, Content: "12"},
		{Name: "usr/bin/three", Mode: 0o120777, Content: "one"},
		{Name: "dev", Mode: 0o040755},
		{Name: "dev/console", Mode: 0o020600, Device: [2]int64{5, 1}},
	}
	if diff := cmp.Diff(want, readArchive(t, b.Bytes())); diff != "" {
		t.Error(diff)
	}
}

func TestArchiveWithoutOneOfItsFilesIsAnError(t *testing.T) {
	a := newArchive(&bytes.Buffer{})
	a.file("/a", filepath.Join(t.TempDir(), "missing"))
	a.text("/b", "b")
	if err := a.end(); !os.IsNotExist(err) {
		t.Errorf("said %v", err)
	}
}
