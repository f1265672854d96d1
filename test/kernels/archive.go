package main

import (
	"fmt"
	"io"
	"os"
	"path"
	"strings"
)

// archive writes an initramfs: a cpio archive in the format that the kernel's documentation calls newc
// (Documentation/driver-api/early-userspace/buffer-format.rst). Directories come before what is in them.
type archive struct {
	to      io.Writer
	at      int64
	present map[string]bool
	err     error // the first one
}

const (
	modeDirectory = 0o040755
	modeProgram   = 0o100755
	modeLink      = 0o120777
	modeDevice    = 0o020600

	trailer = "TRAILER!!!"
)

func newArchive(to io.Writer) *archive { return &archive{to: to, present: map[string]bool{"/": true}} }

// entry is the head of a file of the archive.
type entry struct {
	name         string
	mode         uint32
	size         int64
	major, minor uint32 // of a device
}

func (a *archive) writeHead(e entry) {
	name := strings.TrimPrefix(e.name, "/")
	fields := []uint32{uint32(len(a.present)), e.mode, 0, 0, 1, 0, uint32(e.size), 0, 0, e.major, e.minor,
		uint32(len(name) + 1), 0}
	var head strings.Builder
	head.WriteString("070701")
	for _, field := range fields {
		fmt.Fprintf(&head, "%08X", field)
	}
	head.WriteString(name + "\x00")
	a.write(strings.NewReader(head.String()))
}

// write also fills up to the next word: heads and contents begin at one.
func (a *archive) write(from io.Reader) {
	if a.err != nil {
		return
	}
	n, err := io.Copy(a.to, from)
	fill := -(a.at + n) & 3
	if err == nil {
		_, err = a.to.Write(make([]byte, fill))
	}
	a.at, a.err = a.at+n+fill, err
}

// begin makes the directories above a file; it is false for one that is there.
func (a *archive) begin(name string) bool {
	if a.present[name] {
		return false
	}
	if a.begin(path.Dir(name)) {
		a.writeHead(entry{name: path.Dir(name), mode: modeDirectory})
	}
	a.present[name] = true
	return true
}

func (a *archive) directory(name string) {
	if a.begin(name) {
		a.writeHead(entry{name: name, mode: modeDirectory})
	}
}

func (a *archive) device(name string, major, minor uint32) {
	if a.begin(name) {
		a.writeHead(entry{name: name, mode: modeDevice, major: major, minor: minor})
	}
}

func (a *archive) link(name, target string) {
	if a.begin(name) {
		a.writeHead(entry{name: name, mode: modeLink, size: int64(len(target))})
		a.write(strings.NewReader(target))
	}
}

func (a *archive) text(name, text string) {
	if a.begin(name) {
		a.writeHead(entry{name: name, mode: modeProgram, size: int64(len(text))})
		a.write(strings.NewReader(text))
	}
}

// file puts a file of this machine into the archive, what a symbolic link stands for.
func (a *archive) file(name, from string) {
	if a.err != nil || !a.begin(name) {
		return
	}
	f, err := os.Open(from)
	if err != nil {
		a.err = err
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		a.err = err
		return
	}
	a.writeHead(entry{name: name, mode: modeProgram, size: info.Size()})
	a.write(io.LimitReader(f, info.Size()))
}

// end finishes the archive and says whether all of it was written.
func (a *archive) end() error {
	a.writeHead(entry{name: trailer})
	return a.err
}
