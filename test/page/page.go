// Package page proves the numbers of documentation pages: each is named in the page's source, computed
// from first principles, and compared.
//
// A comment <!-- n: name name --> names, in order, the numbers since the comment or heading before it.
// Fences whose first word is "bits" or "bytes" are figures: rulers and layouts, whose every digit is
// read by their own parser, and which can be run.
package page

import (
	"fmt"
	"strings"
)

// Group is the numbers that one comment names. At is the comment's line, or that of the heading or end
// that came without one.
type Group struct {
	At      int
	Numbers []Number
	Names   []string
}

// Page is a page taken apart.
type Page struct {
	Name    string
	Groups  []Group
	Rulers  map[string]Ruler
	Layouts map[string]Layout
	// Problems are those of form, found while reading.
	Problems []string
}

// reader is the state between lines.
type reader struct {
	page    *Page
	line    int
	group   Group
	fence   string // the opening fence's words; empty outside
	inFence bool
	figure  []string // lines of a figure
	comment string   // text of a comment that has not ended
	inside  bool     // a comment
}

// Read takes a page apart.
func Read(name, text string) *Page {
	p := &Page{Name: name, Rulers: map[string]Ruler{}, Layouts: map[string]Layout{}}
	r := &reader{page: p}

	for i, line := range strings.Split(text, "\n") {
		r.line = i + 1
		r.read(line)
	}
	if r.inFence || r.inside {
		r.problem("a fence or comment has no end")
	}
	r.closeGroup(nil)
	return p
}

func (r *reader) problem(format string, a ...any) {
	r.page.Problems = append(r.page.Problems,
		fmt.Sprintf("%s:%d: %s", r.page.Name, r.line, fmt.Sprintf(format, a...)))
}

func (r *reader) read(line string) {
	switch {
	case r.inside:
		r.readComment(line)
	case strings.HasPrefix(strings.TrimSpace(line), "```"):
		r.toggleFence(strings.TrimPrefix(strings.TrimSpace(line), "```"))
	case r.inFence && r.isFigure():
		r.figure = append(r.figure, line)
	case r.inFence:
		r.readProse(line)
	case strings.HasPrefix(line, "#"):
		r.closeGroup(nil)
	default:
		r.readText(line)
	}
}

func (r *reader) isFigure() bool {
	return strings.HasPrefix(r.fence, "bits ") || strings.HasPrefix(r.fence, "bytes ")
}

func (r *reader) toggleFence(words string) {
	if !r.inFence {
		r.inFence, r.fence, r.figure = true, words, nil
		return
	}
	r.inFence = false
	if r.isFigure() {
		r.closeFigure()
	}
}

func (r *reader) closeFigure() {
	kind, name, _ := strings.Cut(r.fence, " ")
	_, ruler := r.page.Rulers[name]
	_, layout := r.page.Layouts[name]
	var err error

	switch {
	case ruler || layout:
		err = fmt.Errorf("there is one already")
	case kind == "bits":
		r.page.Rulers[name], err = parseRuler(r.figure)
	default:
		r.page.Layouts[name], err = parseLayout(r.figure)
	}
	if err != nil {
		r.problem("figure %s: %v", name, err)
	}
}

// readText reads a line outside fences, which may hold comments.
func (r *reader) readText(line string) {
	before, after, found := strings.Cut(line, "<!--")
	r.readProse(before)
	if found {
		r.inside, r.comment = true, ""
		r.readComment(after)
	}
}

func (r *reader) readComment(line string) {
	before, after, ended := strings.Cut(line, "-->")
	r.comment += " " + before
	if !ended {
		return
	}
	r.inside = false
	names := strings.Fields(r.comment)
	if len(names) < 2 || names[0] != "n:" {
		r.problem("a comment that names no number")
	} else {
		r.closeGroup(names[1:])
	}
	r.readText(after)
}

func (r *reader) readProse(text string) {
	r.group.Numbers = append(r.group.Numbers, numbersIn(text, r.line)...)
}

func (r *reader) closeGroup(names []string) {
	r.group.At, r.group.Names = r.line, names
	if len(names) > 0 || len(r.group.Numbers) > 0 {
		r.page.Groups = append(r.page.Groups, r.group)
	}
	r.group = Group{}
}
