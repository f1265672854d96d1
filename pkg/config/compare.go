package config

import (
	"cmp"
	"slices"
	"strings"
)

// Compare writes what changes from one tree to another, in the way of Junos's `show | compare`: for each
// place with changes a line `[edit PATH]`, then what is taken away with -, what is added with +, and what
// is deactivated or activated with !. Of a list, only the values that differ are named. The text is empty
// if and only if both trees are written the same. A nil tree is an empty one.
func Compare(old, new *Tree) string {
	var c comparison
	c.below(old.top(), new.top())
	return c.text.String()
}

// top is the root of the tree; a nil tree has an empty one.
func (t *Tree) top() *node {
	if t == nil {
		return newTree(newSchema(), "").root
	}
	return t.root
}

// comparison gathers the text. The changes of one place stand together, before those further down.
type comparison struct {
	text strings.Builder
	here strings.Builder // the changes of the place at hand
}

// change is one statement in both trees; nil where it is not.
type change struct{ old, new *node }

// below writes the changes below two nodes for the same statement.
func (c *comparison) below(old, new *node) {
	var further []change
	c.here.Reset()
	for _, pair := range pairs(old, new) {
		if c.statement(pair) {
			further = append(further, pair)
		}
	}
	if c.here.Len() > 0 {
		c.text.WriteString(strings.TrimSuffix("[edit "+new.path(), " ") + "]\n" + c.here.String())
	}
	for _, pair := range further {
		c.below(pair.old, pair.new)
	}
}

// pairs matches the statements below two nodes, in the order in which they are written.
func pairs(old, new *node) []change {
	var matched []change
	for _, n := range old.spoken() {
		matched = append(matched, change{n, new.findSpoken(n.key())})
	}
	for _, n := range new.spoken() {
		if old.findSpoken(n.key()) == nil {
			matched = append(matched, change{nil, n})
		}
	}
	slices.SortStableFunc(matched, func(a, b change) int {
		n, m := cmp.Or(a.new, a.old), cmp.Or(b.new, b.old)
		return cmp.Or(cmp.Compare(new.stmt.rank(n.stmt.keyword), new.stmt.rank(m.stmt.keyword)),
			n.value.compare(m.value))
	})
	return matched
}

// rank is the place of a keyword below a statement.
func (s *statement) rank(keyword string) int {
	return slices.IndexFunc(s.children, func(c *statement) bool { return c.keyword == keyword })
}

// spoken gives the children that say something, in the order in which they are written.
func (n *node) spoken() []*node {
	return slices.DeleteFunc(n.sorted(), (*node).isEmpty)
}

func (n *node) findSpoken(key nodeKey) *node {
	if found := n.find(key); found != nil && !found.isEmpty() {
		return found
	}
	return nil
}

// statement writes what became of one statement. It is true if there is more to compare below it.
func (c *comparison) statement(pair change) bool {
	old, new := pair.old, pair.new
	switch {
	case old == nil || new == nil || old.head() != new.head() || isOrdered(new) && old.text() != new.text():
		c.put("-", old.text())
		c.put("+", new.text())
		return false
	case old.inactive != new.inactive:
		c.put("!", pair.marked())
	}
	if new.holdsValues() && new.stmt.kind == list {
		c.values(old, new)
		return false
	}
	return new.takesBlock() || new.holdsValues()
}

// isOrdered is true for a list whose values mean something by their order: it changes as a whole.
func isOrdered(n *node) bool { return n.holdsValues() && n.stmt.ordered }

// text is the statement with all below it, in braces; a statement that is not there has none.
func (n *node) text() string {
	if n == nil {
		return ""
	}
	var f formatter
	f.braces(n, "")
	return f.text.String()
}

// marked names a statement that is deactivated or activated.
func (c change) marked() string {
	mark, n := "active: ", c.new
	if n.inactive {
		mark = inactiveTag + " "
	}
	if n.isValue && n.stmt.kind == list {
		mark += n.stmt.keyword + " "
	}
	if n.isBare() && c.old.isBare() {
		return mark + n.head() + ";\n"
	}
	return mark + n.head() + " { ... }\n"
}

// values writes the values of a list that differ.
func (c *comparison) values(old, new *node) {
	removed, added := old.without(), new.without()
	for _, pair := range pairs(old, new) {
		switch {
		case pair.old == nil:
			added.children = append(added.children, pair.new)
		case pair.new == nil:
			removed.children = append(removed.children, pair.old)
		case pair.old.head() != pair.new.head():
			removed.children = append(removed.children, pair.old)
			added.children = append(added.children, pair.new)
		case pair.old.inactive != pair.new.inactive:
			c.put("!", pair.marked())
		}
	}
	c.put("-", removed.text())
	c.put("+", added.text())
}

// without is the list without its values.
func (n *node) without() *node { return &node{stmt: n.stmt, inactive: n.inactive} }

// put writes lines with a sign before each.
func (c *comparison) put(sign, lines string) {
	for line := range strings.Lines(lines) {
		c.here.WriteString(sign + "  " + line)
	}
}
