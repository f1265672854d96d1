package config

import "strconv"

// view reads statements that have effect: inactive ones are as if absent, and absent ones give the
// defaults of the schema.
type view struct {
	stmt *statement
	node *node // nil: absent
}

// down follows keywords of containers and leaves.
func (v view) down(path ...string) view {
	for _, keyword := range path {
		next := v.node.find(nodeKey{keyword: keyword})
		if next != nil && (next.inactive || next.isEmpty()) {
			next = nil
		}
		v = view{v.stmt.child(keyword), next}
	}
	return v
}

// all gives every instance of a named container, sorted by name.
func (v view) all(keyword string) []view {
	var out []view
	if v.node == nil {
		return nil
	}
	for _, n := range v.node.sorted() {
		if n.stmt.keyword == keyword && !n.inactive {
			out = append(out, view{n.stmt, n})
		}
	}
	return out
}

// values gives the values of a list or group.
func (v view) values() []*node {
	var out []*node
	if v.node == nil {
		return nil
	}
	for _, n := range v.node.sorted() {
		if !n.inactive {
			out = append(out, n)
		}
	}
	return out
}

func (v view) present() bool { return v.node != nil }

// pos is where the statement stands; zero if it is absent.
func (v view) pos() Pos {
	if v.node == nil {
		return Pos{}
	}
	return v.node.pos
}

// text is the value of a leaf or the name of a named container, or the default.
func (v view) text() string {
	if v.node == nil {
		return v.stmt.value.fallback
	}
	return v.node.value.text
}

// number is the value of a leaf, or the default.
func (v view) number() int {
	if v.node != nil {
		return v.node.value.number
	}
	n, err := strconv.Atoi(v.stmt.value.fallback)
	if err != nil {
		panic("config: the schema has no default for " + v.stmt.keyword)
	}
	return n
}

// numberIfSet is the value of a leaf, or 0.
func (v view) numberIfSet() int {
	if v.node == nil {
		return 0
	}
	return v.number()
}

// threshold is that of a screen which its presence arms; 0: it is not armed.
func (v view) threshold() int {
	if v.node == nil {
		return 0
	}
	return v.down("threshold").number()
}
