package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// A needle is a piece of a secret, in one of the forms in which it could show. Pieces are short: half
// a key that was left behind is found, too.
type needle struct {
	name string
	text string
}

const (
	pieceSize = 8       // bytes of a key in a piece
	chunkSize = 1 << 20 // bytes of a haystack that are searched at once
)

// needlesOf are the forms of all pieces of a key: as it is, in hexadecimal, in base64, and as Go prints
// bytes.
func needlesOf(name string, key []byte) (all []needle) {
	for at := 0; at < len(key); at += pieceSize {
		piece := key[at : at+pieceSize]
		lower := hex.EncodeToString(piece)
		forms := map[string]string{
			"raw": string(piece), "hex": lower, "HEX": strings.ToUpper(lower),
			"decimal": strings.Trim(fmt.Sprint(piece), "[]"),
		}
		for form, text := range forms {
			all = append(all, needle{fmt.Sprintf("%s, byte %d, %s", name, at, form), text})
		}
	}
	for form, encoding := range map[string]*base64.Encoding{"base64": base64.StdEncoding, "base64url": base64.URLEncoding} {
		text := encoding.EncodeToString(key)
		for at := 0; at+2*pieceSize <= len(text); at += pieceSize {
			all = append(all, needle{fmt.Sprintf("%s, %s from character %d", name, form, at), text[at : at+2*pieceSize]})
		}
	}
	return all
}

// search finds needles in haystacks of any size.
type search struct {
	likely  []bool // whether some needle begins with these two bytes
	needles map[uint64][]needle
	longest int
}

func newSearch(all []needle) *search {
	s := &search{likely: make([]bool, 1<<16), needles: map[uint64][]needle{}}
	for _, n := range all {
		start := []byte(n.text)[:8]
		s.likely[binary.LittleEndian.Uint16(start)] = true
		key := binary.LittleEndian.Uint64(start)
		s.needles[key] = append(s.needles[key], n)
		s.longest = max(s.longest, len(n.text))
	}
	return s
}

// finding is where a needle is.
type finding struct {
	needle
	at     int64
	around []byte
	in     string // the haystack
}

func (f finding) String() string {
	return fmt.Sprintf("%s: %s, byte %#x, within % x", f.name, f.in, f.at, f.around)
}

// in looks through a haystack.
func (s *search) in(haystack io.Reader) (all []finding, err error) {
	buffer := make([]byte, chunkSize+s.longest)
	kept, base := 0, int64(0) // what the chunk before has left over, and where the buffer begins
	for {
		n, err := io.ReadFull(haystack, buffer[kept:])
		end := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !end {
			return all, err
		}
		text := buffer[:kept+n]
		last := len(text) - s.longest // a needle that begins later may not be whole yet
		if end {
			last = len(text)
		}
		all = append(all, s.inChunk(text, last, base)...)
		if end {
			return all, nil
		}
		kept = copy(buffer, text[last:])
		base += int64(last)
	}
}

// inChunk finds what begins before last.
func (s *search) inChunk(text []byte, last int, base int64) (all []finding) {
	for at := 0; at < min(last, len(text)-7); at++ {
		if !s.likely[uint16(text[at])|uint16(text[at+1])<<8] {
			continue
		}
		for _, n := range s.needles[binary.LittleEndian.Uint64(text[at:])] {
			if strings.HasPrefix(string(text[at:min(at+len(n.text), len(text))]), n.text) {
				around := text[max(0, at-32):min(len(text), at+len(n.text)+32)]
				all = append(all, finding{needle: n, at: base + int64(at), around: bytes.Clone(around)})
			}
		}
	}
	return all
}

func TestSearchFindsEveryFormOfAKeyAlsoAcrossChunks(t *testing.T) {
	t.Parallel()
	key := keyOf("to be found")
	all := needlesOf("key", key)
	s := newSearch(all)
	gap := strings.Repeat("synscreen", chunkSize/9)
	for _, form := range []string{string(key), hex.EncodeToString(key), strings.ToUpper(hex.EncodeToString(key)),
		base64.StdEncoding.EncodeToString(key), fmt.Sprint(key)} {
		for shift := range 2 * s.longest {
			text := gap[shift:] + form + gap
			found, err := s.in(strings.NewReader(text))
			if err != nil || len(found) < len(key)/pieceSize {
				t.Fatalf("%d pieces of %q found after %d bytes: %v", len(found), form, len(gap)-shift, err)
			}
			for _, f := range found {
				if !strings.HasPrefix(text[f.at:], f.text) {
					t.Errorf("%s is not there", f)
				}
			}
		}
	}
	if found, err := s.in(strings.NewReader(gap + gap)); err != nil || len(found) > 0 {
		t.Errorf("found where there is none: %v, %v", found, err)
	}
}
