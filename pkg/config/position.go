package config

import (
	"cmp"
	"fmt"
)

// Pos is a place in a configuration text. Lines and columns count from 1; columns count characters.
type Pos struct {
	File string
	Line int
	Col  int
}

// IsValid is false for the zero Pos, which belongs to values that no text mentions.
func (p Pos) IsValid() bool { return p.Line > 0 }

// String gives file:line:col, or the file alone when there is no place in it.
func (p Pos) String() string {
	if !p.IsValid() {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
}

// compare orders positions of one file.
func (p Pos) compare(q Pos) int {
	return cmp.Or(cmp.Compare(p.File, q.File), cmp.Compare(p.Line, q.Line), cmp.Compare(p.Col, q.Col))
}
