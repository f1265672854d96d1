package cli

import (
	"errors"
	"fmt"
	"strconv"
)

// word32 is a flag that takes a sequence number or a timestamp in hexadecimal.
type word32 struct {
	value uint32
	set   bool
}

// Type names the value in the help.
func (w *word32) Type() string { return "HEX" }

// String gives the number with all its digits; empty when there is none.
func (w *word32) String() string {
	if !w.set {
		return ""
	}
	return fmt.Sprintf("%08x", w.value)
}

// Set takes 1 to 8 hexadecimal digits, with or without 0x before them.
func (w *word32) Set(text string) error {
	if len(text) > 2 && (text[:2] == "0x" || text[:2] == "0X") {
		text = text[2:]
	}
	value, err := strconv.ParseUint(text, 16, 32)
	if err != nil || len(text) > 8 {
		return errors.New("not 1 to 8 hexadecimal digits")
	}
	w.value, w.set = uint32(value), true
	return nil
}

// ranged is a flag that takes a number between two others.
type ranged struct {
	value, min, max uint16
	unit            string // in the help
	why             string // of the bounds; may be empty
	set             bool
}

// Type names the value in the help.
func (r *ranged) Type() string { return r.unit }

// String gives the number; empty when there is none.
func (r *ranged) String() string {
	if !r.set {
		return ""
	}
	return strconv.Itoa(int(r.value))
}

// Set takes a decimal number.
func (r *ranged) Set(text string) error {
	value, err := strconv.ParseUint(text, 10, 16)
	if err != nil || value < uint64(r.min) || value > uint64(r.max) {
		return fmt.Errorf("from %d to %d is possible%s", r.min, r.max, r.why)
	}
	r.value, r.set = uint16(value), true
	return nil
}
