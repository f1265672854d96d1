package config

import "strings"

// Form is one of the two ways to write a configuration.
type Form int

// The forms: a `set` line per value, or nested braces.
const (
	Set Form = iota
	Braces
)

const indent = "    "

// Format writes a tree. Statements come in the order of the schema, names and values sorted (the two
// ends of a wire stay as they were written), so that two trees of equal meaning give equal text.
// The text reads back as the same configuration.
func Format(t *Tree, form Form) string {
	var f formatter
	for _, n := range t.statements() {
		if form == Set {
			f.set(n, "")
		} else {
			f.braces(n, "")
		}
	}
	return f.text.String()
}

// FormatSet is Format in `set` lines.
func FormatSet(t *Tree) string { return Format(t, Set) }

// statements gives those of the top level; a nil tree has none.
func (t *Tree) statements() []*node {
	if t == nil {
		return nil
	}
	return t.root.sorted()
}

type formatter struct{ text strings.Builder }

func (f *formatter) put(words ...string) {
	for _, w := range words {
		f.text.WriteString(w)
	}
	f.text.WriteByte('\n')
}

// head is the statement itself without what is below it.
func (n *node) head() string {
	switch {
	case n.isValue:
		return quoteWord(n.value.text)
	case n.stmt.kind == named || n.stmt.kind == leaf:
		return n.stmt.keyword + " " + quoteWord(n.value.text)
	default:
		return n.stmt.keyword
	}
}

// set writes one line for each value, flag, and name or presence with nothing below it. A statement is
// made inactive behind its last line, when nothing adds to it any more.
func (f *formatter) set(n *node, parent string) {
	if n.isEmpty() {
		return
	}
	path := parent + n.head()
	if n.isBare() {
		f.put("set ", path)
	}
	for _, child := range n.sorted() {
		f.set(child, path+" ")
	}
	if n.inactive {
		f.put("deactivate ", parent, strings.TrimSuffix(n.target(), " "))
	}
}

// target is the statement as a path names it: a leaf without its value.
func (n *node) target() string {
	if n.stmt.kind == leaf {
		return n.stmt.keyword
	}
	return n.head()
}

// isBare is true if the statement must be written although nothing is below it.
func (n *node) isBare() bool {
	for _, child := range n.children {
		if !child.isEmpty() {
			return false
		}
	}
	return true
}

// braces writes a statement with its block, or ends it.
func (f *formatter) braces(n *node, margin string) {
	if n.isEmpty() {
		return
	}
	head := margin + n.head()
	if n.inactive {
		head = margin + inactiveTag + " " + n.head()
	}
	switch {
	case n.isBare():
		f.put(head, ";")
	case n.isInline():
		f.put(head, " ", n.inline(), ";")
	default:
		f.put(head, " {")
		for _, child := range n.sorted() {
			f.braces(child, margin+indent)
		}
		f.put(margin, "}")
	}
}

// isInline is true for a list that fits behind its keyword: one whose values carry no mark, and which
// carries none itself, because there the mark would be that of the values.
func (n *node) isInline() bool {
	if !n.holdsValues() || n.stmt.kind == group || n.inactive {
		return false
	}
	for _, child := range n.children {
		if child.inactive {
			return false
		}
	}
	return true
}

func (n *node) inline() string {
	var words []string
	for _, child := range n.sorted() {
		words = append(words, child.head())
	}
	if len(words) == 1 {
		return words[0]
	}
	return "[ " + strings.Join(words, " ") + " ]"
}
