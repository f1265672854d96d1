// Package config reads Junos configuration text, in `set` form, in braces or in both, into a validated
// typed configuration. One schema drives the parser, the formatter and the help; every error is
// reported at once, with its position and what to do about it.
package config

import (
	"bytes"
	"fmt"
)

// TextMax bounds a configuration text, in bytes: all prefixes of white-lists fit, a `set` line each.
const TextMax = 4 << 20

// Parse reads one configuration text; name stands for it in positions. On any error the configuration
// is nil and the error is an *ErrorList of all of them.
func Parse(name string, text []byte) (*Config, Warnings, error) {
	var found collector
	tree := parseTree(name, text, &found)
	var config *Config
	if tree != nil {
		config = compile(tree, &found)
	}
	if err := found.err(); err != nil {
		return nil, found.warned(), err
	}
	return config, found.warned(), nil
}

// ParseTree reads a configuration text without asking whether its statements fit together, for example
// to print it in another form.
func ParseTree(name string, text []byte) (*Tree, Warnings, error) {
	var found collector
	tree := parseTree(name, text, &found)
	if err := found.err(); err != nil {
		return nil, found.warned(), err
	}
	return tree, found.warned(), nil
}

func parseTree(name string, text []byte, found *collector) *Tree {
	start := Pos{File: name, Line: 1, Col: 1}
	switch {
	case len(text) > TextMax:
		found.errors.add(Error{Pos: start, Remedy: "shorten it",
			Msg: fmt.Sprintf("the text has more than the %d bytes that are read", TextMax)})
		return nil
	case bytes.IndexByte(text, 0) >= 0:
		// a program, an archive, UTF-16: where each word of it is wrong helps nobody
		found.errors.add(Error{Pos: start, Remedy: "name a configuration, saved as plain UTF-8 text",
			Msg: "this is no text: it has bytes 0x00"})
		return nil
	}
	p := newParser(name, text, found)
	p.document()
	return p.tree
}
