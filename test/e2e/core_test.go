package e2e

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"synscreen/test/lab"
)

const corePattern = "/proc/sys/kernel/core_pattern"

// dumpIntoWorkingDirectories has the kernel write core dumps into the working directory of what dies,
// for the time of a test.
func dumpIntoWorkingDirectories(t testing.TB) {
	t.Helper()
	before, err := os.ReadFile(corePattern)
	if err != nil {
		t.Fatal(err)
	}
	if pattern := strings.TrimSpace(string(before)); strings.HasPrefix(pattern, "core") && !strings.Contains(pattern, "/") {
		return
	}
	if err := os.WriteFile(corePattern, []byte("core"), 0); err != nil {
		t.Fatalf("core dumps go to %q, and that cannot be changed: %v", before, err)
	}
	t.Cleanup(func() {
		if err := os.WriteFile(corePattern, before, 0); err != nil {
			t.Error(err)
		}
	})
}

// dumping is the command that has a program leave a core dump in a directory when it dies.
func dumping(dir string) []string {
	return []string{"prlimit", "--core=unlimited", "env", "-C", dir, "GOTRACEBACK=crash"}
}

// snapshot is what the kernel says of a living process, to name what is in its core dump.
type snapshot struct {
	maps    []mapping
	threads map[int]string
}

// mapping is one line of a process's memory map.
type mapping struct {
	start, end uint64
	text       string
}

func snapshotOf(t testing.TB, p *lab.Process) *snapshot {
	t.Helper()
	s := &snapshot{threads: map[int]string{}}
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", p.PID()))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(maps)) {
		m := mapping{text: strings.TrimSpace(line)}
		if _, err := fmt.Sscanf(line, "%x-%x", &m.start, &m.end); err != nil {
			t.Fatalf("maps of %s: %q: %v", p, line, err)
		}
		s.maps = append(s.maps, m)
	}
	names, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/comm", p.PID()))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range names {
		name, err := os.ReadFile(path)
		id, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err == nil { // it may have ended
			s.threads[id] = strings.TrimSpace(string(name))
		}
	}
	return s
}

// mapping names the one that an address is in.
func (s *snapshot) mapping(address uint64) string {
	for _, m := range s.maps {
		if m.start <= address && address < m.end {
			return fmt.Sprintf("%#x of %s", address, m.text)
		}
	}
	return fmt.Sprintf("%#x of no mapping", address)
}

// reservedMin is how much memory that nobody may read is none: address space that a heap may want. A
// key that is locked away is in a page or two.
const reservedMin = 1 << 20

// inMemory looks through the living process.
func (s *search) inMemory(t testing.TB, p *lab.Process) (all []finding) {
	t.Helper()
	memory, err := os.Open(fmt.Sprintf("/proc/%d/mem", p.PID()))
	if err != nil {
		t.Fatal(err)
	}
	defer memory.Close()
	now := snapshotOf(t, p)
	for _, m := range now.maps {
		if strings.Contains(m.text, " ---p ") && m.end-m.start >= reservedMin {
			continue
		}
		found, err := s.in(io.NewSectionReader(memory, int64(m.start), int64(m.end-m.start)))
		if err != nil {
			continue // not to be read: a guard page, a ring of the kernel's
		}
		for _, f := range found {
			f.in = now.mapping(m.start + uint64(f.at))
			all = append(all, f)
		}
	}
	return all
}

// crash ends a daemon by a signal that dumps core into a directory, and returns the dump's path.
func (d *daemon) crash(t testing.TB, signal syscall.Signal, dir string) (path string) {
	t.Helper()
	d.signal(t, signal)
	d.wait(t, "the end by "+signal.String(), func() (bool, error) {
		select {
		case <-d.Done():
			return true, nil
		default:
			return false, nil
		}
	})
	found, err := filepath.Glob(filepath.Join(dir, "core*"))
	if err != nil || len(found) != 1 {
		t.Fatalf("core dumps %q, want one: %v", found, err)
	}
	return found[0]
}

// inCore looks through a core dump; each finding comes with where it is.
func (s *search) inCore(t testing.TB, path string, before *snapshot) (all []finding) {
	t.Helper()
	core, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer core.Close()
	if core.Type != elf.ET_CORE {
		t.Fatalf("%s is %s", path, core.Type)
	}
	for _, part := range core.Progs {
		var found []finding
		if part.Type == elf.PT_NOTE {
			found, err = s.inNotes(part.Open(), before)
		} else if found, err = s.in(part.Open()); err == nil {
			for i, f := range found {
				found[i].in = before.mapping(part.Vaddr + uint64(f.at))
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, found...)
	}
	return all
}

// What Go's debug/elf does not have, of linux/elf.h and linux/elfcore.h.
const (
	noteStatus   = 1  // NT_PRSTATUS: a thread's notes begin
	statusThread = 32 // where its id is
)

// inNotes looks through what a core dump says beside memory: the registers of each thread.
func (s *search) inNotes(notes io.Reader, before *snapshot) (all []finding, err error) {
	text, err := io.ReadAll(notes)
	thread := "no thread"
	for len(text) >= 12 && err == nil {
		word := func(at int) int { return int(binary.LittleEndian.Uint32(text[at:])) }
		start := 12 + (word(0)+3)&^3
		end := start + (word(4)+3)&^3
		if end > len(text) {
			return all, io.ErrUnexpectedEOF
		}
		if kind := word(8); kind == noteStatus {
			thread = before.threads[word(start+statusThread)]
		}
		var found []finding
		found, err = s.in(bytes.NewReader(text[start:end]))
		for _, f := range found {
			f.in = fmt.Sprintf("note %#x of thread %s", word(8), thread)
			all = append(all, f)
		}
		text = text[end:]
	}
	return all, err
}
