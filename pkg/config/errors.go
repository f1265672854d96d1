package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// maxErrors bounds the errors that one ErrorList reports; the rest is only counted.
const maxErrors = 100

// Error is one thing wrong with a configuration text.
type Error struct {
	Pos    Pos
	Path   string // configuration path of the statement; empty when the text did not get that far
	Msg    string
	Remedy string // what to do about it; may be empty
}

// Error gives "file:line:col: message; remedy".
func (e Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Pos.String())
	b.WriteString(": ")
	if e.Path != "" {
		b.WriteString(e.Path)
		b.WriteString(": ")
	}
	b.WriteString(e.Msg)
	if e.Remedy != "" {
		b.WriteString("; ")
		b.WriteString(e.Remedy)
	}
	return b.String()
}

// compare orders errors by position; the text breaks ties so that output is deterministic.
func (e Error) compare(f Error) int {
	return cmp.Or(e.Pos.compare(f.Pos), cmp.Compare(e.Path, f.Path), cmp.Compare(e.Msg, f.Msg))
}

// ErrorList is every error of one text, sorted by position.
type ErrorList struct {
	Errors []Error
	More   int // errors beyond the bound, counted but not kept
}

// Error gives one line per error.
func (l *ErrorList) Error() string {
	var b strings.Builder
	for i, e := range l.Errors {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(e.Error())
	}
	if l.More > 0 {
		fmt.Fprintf(&b, "\n... and %d more", l.More)
	}
	return b.String()
}

// Unwrap lets errors.As reach the single errors.
func (l *ErrorList) Unwrap() []error {
	errs := make([]error, len(l.Errors))
	for i, e := range l.Errors {
		errs[i] = e
	}
	return errs
}

// Warning is something accepted that an operator should know about.
type Warning Error

// String gives "file:line:col: warning: message; remedy".
func (w Warning) String() string {
	e := Error(w)
	e.Msg = "warning: " + e.Msg
	if e.Path != "" {
		e.Msg = "warning: " + e.Path + ": " + w.Msg
		e.Path = ""
	}
	return e.Error()
}

// Warnings is every warning of one text, sorted by position and bounded like an ErrorList.
type Warnings []Warning

// String gives one line per warning.
func (ws Warnings) String() string {
	lines := make([]string, len(ws))
	for i, w := range ws {
		lines[i] = w.String()
	}
	return strings.Join(lines, "\n")
}

// collector gathers errors and warnings of one text in bounded memory.
type collector struct {
	errors   bounded
	warnings bounded
}

// err returns nil or an *ErrorList.
func (c *collector) err() error {
	kept, more := c.errors.sorted()
	if len(kept) == 0 {
		return nil
	}
	return &ErrorList{Errors: kept, More: more}
}

// warned returns the warnings in order.
func (c *collector) warned() Warnings {
	kept, _ := c.warnings.sorted()
	var out Warnings
	for _, e := range kept {
		out = append(out, Warning(e))
	}
	return out
}

// bounded keeps the maxErrors first entries by position, whatever the order in which they arrive.
type bounded struct {
	kept    []Error // once there were too many, the first maxErrors of them in order
	dropped int
}

func (b *bounded) add(e Error) {
	if b.surplus(e.Pos) {
		b.dropped++
		return
	}
	b.kept = append(b.kept, e)
	if len(b.kept) >= 2*maxErrors {
		b.trim()
	}
}

// full is true when later places in the text would only be counted.
func (b *bounded) full() bool { return len(b.kept)+b.dropped >= maxErrors }

// surplus is true for a place behind all that will be kept.
func (b *bounded) surplus(pos Pos) bool {
	return b.dropped > 0 && pos.compare(b.kept[maxErrors-1].Pos) > 0
}

func (b *bounded) trim() {
	slices.SortStableFunc(b.kept, Error.compare)
	if len(b.kept) > maxErrors {
		b.dropped += len(b.kept) - maxErrors
		b.kept = b.kept[:maxErrors]
	}
}

func (b *bounded) sorted() ([]Error, int) {
	b.trim()
	return b.kept, b.dropped
}
