// Package dataplane holds the values that the control plane and a packet engine exchange: plain Go
// types, with JSON forms for the control socket, and no code that moves packets.
package dataplane

import "fmt"

// names is the closed set of words that an enumeration's values have in JSON and on the screen.
type names []string

// of gives the word of a value; a value out of range shows its number.
func (n names) of(value int) string {
	if value < 0 || value >= len(n) {
		return fmt.Sprintf("unknown-%d", value)
	}
	return n[value]
}

// parse gives the value of a word.
func (n names) parse(kind string, text []byte) (int, error) {
	for i, name := range n {
		if name == string(text) {
			return i, nil
		}
	}
	return 0, fmt.Errorf("read %s: %q is none of %v", kind, text, []string(n))
}
