package history

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Places in the state directory.
const (
	dirName    = "history"
	activeName = "active.conf"
	suffix     = ".conf"
)

// Open finds what is kept in a state directory, which the caller holds alone. What cannot be read is
// left where it is, and told as unread.
func Open(stateDir string) (store *Store, unread []error, err error) {
	s := &Store{dir: filepath.Join(stateDir, dirName), active: filepath.Join(stateDir, activeName)}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return nil, nil, fmt.Errorf("make the directory of kept configurations: %w", err)
	}
	entries, err := os.ReadDir(s.dir) // sorted by name: oldest first
	if err != nil {
		return nil, nil, fmt.Errorf("read the directory of kept configurations: %w", err)
	}
	for _, entry := range entries {
		number, ok := serial(entry.Name())
		if !ok {
			s.discard(entry.Name())
			continue
		}
		s.next = max(s.next, number+1)
		k, err := s.load(entry.Name())
		if err != nil {
			unread = append(unread, err)
			continue
		}
		s.kept = append(s.kept, k)
	}
	slices.Reverse(s.kept)
	return s, unread, nil
}

// serialDigits makes the order of names that of numbers.
const serialDigits = 12

// fileName names the file of a serial number.
func fileName(number uint64) string { return fmt.Sprintf("%0*d%s", serialDigits, number, suffix) }

// serial reads the number out of a file's name.
func serial(name string) (uint64, bool) {
	number, err := strconv.ParseUint(strings.TrimSuffix(name, suffix), 10, 64)
	return number, err == nil && name == fileName(number)
}

// discard removes what a write that was cut off has left behind.
func (s *Store) discard(name string) {
	inner, hidden := strings.CutPrefix(name, ".")
	if place, _, _ := strings.Cut(inner, "-"); hidden {
		if _, ours := serial(place); ours {
			_ = os.Remove(filepath.Join(s.dir, name)) // there again at the next start
		}
	}
}

func (s *Store) load(name string) (kept, error) {
	path := filepath.Join(s.dir, name)
	content, err := os.ReadFile(path)
	if err != nil {
		return kept{}, fmt.Errorf("read the kept configuration: %w", err)
	}
	record, text, err := decode(content)
	if err != nil {
		return kept{}, fmt.Errorf("read the kept configuration %s: %w", path, err)
	}
	return kept{record: record, path: path, sum: sha256.Sum256(text)}, nil
}
