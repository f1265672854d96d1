// Package history keeps the configurations that ran, each in a file of its own, newest first. A copy
// of the newest without anything else is active.conf.
package history

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Max is how many configurations are kept, the running one among them.
const Max = 50

// Store is what is kept in one state directory. One goroutine uses it.
type Store struct {
	dir    string
	active string
	kept   []kept // newest first
	next   uint64 // serial number of the next file
}

// kept is one configuration.
type kept struct {
	record Record
	path   string
	sum    [sha256.Size]byte // of the text
	text   []byte            // only of one that could not be written: it lasts as long as the store
}

// Keep makes a configuration number 0. A text that is number 0 already is not kept twice. After an error
// the configuration is number 0 until the store is opened again.
func (s *Store) Keep(record Record, text []byte) error {
	k := kept{record: record, sum: sha256.Sum256(text)}
	if newest := s.newest(); newest != nil && newest.isReplacedBy(k) {
		k.path = newest.path
		s.kept = s.kept[1:]
	} else {
		k.path = filepath.Join(s.dir, fileName(s.next))
		s.next++
	}
	err := s.write(&k, text)
	s.kept = append([]kept{k}, s.kept...)
	return errors.Join(err, s.trim(), s.copy(text))
}

// isReplacedBy says whether another one has the same text and knows no less of it: that it was confirmed is
// not forgotten.
func (k *kept) isReplacedBy(other kept) bool {
	return k.sum == other.sum && (k.record.Unconfirmed || !other.record.Unconfirmed)
}

// Confirm notes that number 0 has been confirmed.
func (s *Store) Confirm() error {
	newest := s.newest()
	if newest == nil || !newest.record.Unconfirmed {
		return nil
	}
	newest.record.Unconfirmed = false
	text, err := newest.read()
	if err != nil {
		return err
	}
	return s.write(newest, text)
}

// Len is the number of configurations that are kept.
func (s *Store) Len() int { return len(s.kept) }

// Records tells what is kept; the place in the list is the number.
func (s *Store) Records() []Record {
	records := make([]Record, len(s.kept))
	for i, k := range s.kept {
		records[i] = k.record
	}
	return records
}

// Read gives the configuration of a number.
func (s *Store) Read(number int) (Record, []byte, error) {
	switch {
	case len(s.kept) == 0:
		return Record{}, nil, errors.New("no configuration is kept yet")
	case number < 0 || number >= len(s.kept):
		return Record{}, nil, fmt.Errorf("there is no configuration %d: %s; "+
			"`synscreen show system commit` lists them", number, s.bounds())
	}
	text, err := s.kept[number].read()
	return s.kept[number].record, text, err
}

func (s *Store) bounds() string {
	if len(s.kept) == 1 {
		return "only 0 is kept"
	}
	return fmt.Sprintf("0 to %d are kept", len(s.kept)-1)
}

// Find gives the newest record of a text.
func (s *Store) Find(text []byte) (Record, bool) {
	sum := sha256.Sum256(text)
	for _, k := range s.kept {
		if k.sum == sum {
			return k.record, true
		}
	}
	return Record{}, false
}

func (s *Store) newest() *kept {
	if len(s.kept) == 0 {
		return nil
	}
	return &s.kept[0]
}

// write puts a configuration into its file, or keeps its text here.
func (s *Store) write(k *kept, text []byte) error {
	content, err := encode(k.record, text)
	if err == nil {
		err = replace(k.path, content)
	}
	if k.text = nil; err != nil {
		k.text = text
		return fmt.Errorf("keep the configuration in %s: %w", k.path, err)
	}
	return nil
}

// trim removes the oldest ones beyond the bound.
func (s *Store) trim() error {
	var errs []error
	for len(s.kept) > Max {
		oldest := s.kept[len(s.kept)-1]
		errs = append(errs, ignoreMissing(os.Remove(oldest.path)))
		s.kept = s.kept[:len(s.kept)-1]
	}
	return errors.Join(errs...)
}

// copy replaces the copy of what runs, for people to look at.
func (s *Store) copy(text []byte) error {
	if err := replace(s.active, text); err != nil {
		return fmt.Errorf("keep a copy of the configuration in %s: %w", s.active, err)
	}
	return nil
}

func (k *kept) read() ([]byte, error) {
	if k.text != nil {
		return k.text, nil
	}
	content, err := os.ReadFile(k.path)
	if err != nil {
		return nil, fmt.Errorf("read the kept configuration: %w", err)
	}
	_, text, err := decode(content)
	if err != nil {
		return nil, fmt.Errorf("read the kept configuration %s: %w", k.path, err)
	}
	return text, nil
}
