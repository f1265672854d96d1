package config

import "slices"

// Tree is a configuration as it was written, checked against the schema: statements merged, inactive
// ones kept.
type Tree struct{ root *node }

// node is one statement of a tree, or one value of a list or group.
type node struct {
	stmt     *statement
	parent   *node
	value    value // named: its name; leaf: its value; a value of a list or group
	isValue  bool  // this node is a value of parent
	inactive bool
	doubtful bool // a statement directly below could not be read
	pos      Pos
	children []*node
	index    map[nodeKey]*node
}

// nodeKey tells the children of one node apart.
type nodeKey struct{ keyword, name string }

func newTree(schema *statement, file string) *Tree {
	return &Tree{root: &node{stmt: schema, pos: Pos{File: file}}}
}

func (n *node) key() nodeKey {
	if n.isValue || n.stmt.kind == named {
		return nodeKey{n.stmt.keyword, n.value.key}
	}
	return nodeKey{keyword: n.stmt.keyword}
}

// find gives the child with that key, or nil.
func (n *node) find(key nodeKey) *node {
	if n == nil {
		return nil
	}
	return n.index[key]
}

// add makes a child, or gives the one that is there. The position is that of the latest mention, except
// for containers, which are mentioned everywhere.
func (n *node) add(child node) *node {
	if old := n.find(child.key()); old != nil {
		if old.stmt.kind == leaf || old.stmt.kind == flag {
			old.value, old.pos = child.value, child.pos
		}
		return old
	}
	child.parent = n
	if n.index == nil {
		n.index = map[nodeKey]*node{}
	}
	n.index[child.key()] = &child
	n.children = append(n.children, &child)
	return &child
}

// remove takes a child away.
func (n *node) remove(child *node) {
	delete(n.index, child.key())
	i := slices.Index(n.children, child)
	n.children = slices.Delete(n.children, i, i+1)
}

// isEmpty is true for a node that says nothing: it is not printed and has no effect.
func (n *node) isEmpty() bool {
	switch {
	case n.isValue || n.stmt.kind == named || n.stmt.kind == flag || n.stmt.kind == leaf || n.stmt.presence:
		return false
	default:
		return !slices.ContainsFunc(n.children, func(c *node) bool { return !c.isEmpty() })
	}
}

// takesBlock is true if a block of statements may follow this node.
func (n *node) takesBlock() bool {
	if n.isValue {
		return n.stmt.kind == group
	}
	return n.stmt.kind == container || n.stmt.kind == named
}

// holdsValues is true for a list or group itself, as opposed to one of its values.
func (n *node) holdsValues() bool { return !n.isValue && (n.stmt.kind == list || n.stmt.kind == group) }

// sorted gives the children in the order of the schema, those of one keyword in the order of their
// names, except where the order of values was the operator's choice.
func (n *node) sorted() []*node {
	out := slices.Clone(n.children)
	if n.stmt.ordered {
		return out
	}
	slices.SortStableFunc(out, func(a, b *node) int {
		if a.stmt != b.stmt {
			return n.stmt.order(a.stmt) - n.stmt.order(b.stmt)
		}
		return a.value.compare(b.value)
	})
	return out
}

// path is the configuration path of the node as an operator would type it.
func (n *node) path() string {
	if n.parent == nil {
		return ""
	}
	path := n.parent.path()
	if path != "" {
		path += " "
	}
	switch {
	case n.isValue:
		return path + quoteWord(clip(n.value.text))
	case n.stmt.kind == named && n.value.text != "":
		return path + n.stmt.keyword + " " + quoteWord(clip(n.value.text))
	default:
		return path + n.stmt.keyword
	}
}

// place is the path of a node for a sentence.
func (n *node) place() string {
	if n.parent == nil {
		return "the top level"
	}
	return n.path()
}

// mayHaveBeen is true if a statement below the containers of this path was refused, so that the absence
// of another one proves nothing.
func (t *Tree) mayHaveBeen(path ...string) bool {
	n := t.root
	for _, keyword := range path {
		if n.doubtful {
			return true
		}
		if n = n.find(nodeKey{keyword: keyword}); n == nil {
			return false
		}
	}
	return n.doubtful
}
