package config

import "fmt"

// step reads the next keyword of a statement, with its name or value. It is false if the statement
// cannot be read any further.
func (p *parser) step(w *walk) bool {
	stmt, pos := p.keyword(w.at, w.last)
	if stmt == nil {
		w.last, w.refused = nil, true
		return false
	}
	switch stmt.kind {
	case container:
		w.last = p.ensure(w, w.at, node{stmt: stmt, pos: pos})
		w.at = w.last
	case named:
		return p.stepNamed(w, stmt, pos)
	case flag:
		w.last, w.whole = p.ensure(w, w.at, node{stmt: stmt, pos: pos}), true
	case leaf:
		p.stepLeaf(w, stmt, pos)
	default:
		return p.stepValues(w, stmt, pos)
	}
	return true
}

// keyword reads one keyword and finds it below a node; it reports what is unknown or unsupported. The
// statement read before it, if any, helps to say why.
func (p *parser) keyword(at, before *node) (*statement, Pos) {
	t := p.next()
	stmt := at.stmt.child(t.text)
	switch {
	case stmt == nil || t.quoted:
		p.failUnknown(at, before, t)
		return nil, t.pos
	case stmt.status == unsupported:
		why := stmt.refused()
		p.fail(t.pos, &node{stmt: stmt, parent: at}, why.msg, why.remedy)
		return nil, t.pos
	}
	return stmt, t.pos
}

// ensure makes a node or finds the one that is there, and says what an operator may not expect of it.
func (p *parser) ensure(w *walk, parent *node, n node) *node {
	n.parent = parent
	if old := parent.find(n.key()); old != nil && old.inactive && !w.inactive {
		p.warn(n.pos, old, "the statement is inactive and stays so", "activate it to give it effect")
	}
	if n.stmt.deprecated != "" && !n.isValue {
		p.warn(n.pos, &n, n.stmt.deprecated, "remove it")
	}
	return parent.add(n)
}

// stepNamed reads the name of a named container. One with a bad name is kept out of the tree, but what
// is below it is still checked.
func (p *parser) stepNamed(w *walk, stmt *statement, pos Pos) bool {
	n := node{stmt: stmt, parent: w.at, pos: pos}
	v, given, ok := p.value(&n)
	n.value = v
	if ok {
		w.last = p.ensure(w, w.at, n)
		w.at = w.last
		return true
	}
	w.at.doubtful = true
	w.last, w.at, w.refused = &n, &n, true
	return given
}

// stepLeaf reads the one value of a leaf.
func (p *parser) stepLeaf(w *walk, stmt *statement, pos Pos) {
	n := node{stmt: stmt, parent: w.at, pos: pos}
	v, _, ok := p.value(&n)
	w.whole = true
	if !ok {
		w.last, w.refused, w.at.doubtful = nil, true, true
		return
	}
	n.value = v
	w.last, w.refused = p.ensure(w, w.at, n), false
}

// value reads one value of a statement. A keyword where the value should be is left to be read as such.
func (p *parser) value(n *node) (v value, given, ok bool) {
	t := p.peek()
	if t.kind == openBracket {
		p.fail(t.pos, n, "this statement takes one value, not a list", "allowed is "+n.stmt.value.describe())
		p.skipList()
		return value{}, true, false
	}
	v, wrong := n.stmt.value.parse(t.text)
	isKeyword := !t.quoted && (n.parent.stmt.child(t.text) != nil || n.stmt.child(t.text) != nil)
	if t.kind != wordToken || wrong.msg != "" && isKeyword {
		p.fail(p.behind, n, "the "+n.stmt.value.noun()+" is missing", "allowed is "+n.stmt.value.describe())
		return value{}, false, false
	}
	p.next()
	if wrong.msg != "" {
		p.fail(t.pos, n, wrong.msg, wrong.remedy)
		return value{text: t.text, key: t.text}, true, false
	}
	return v, true, true
}

// skipList leaves out a list in brackets.
func (p *parser) skipList() {
	for {
		switch p.peek().kind {
		case wordToken, openBracket:
			p.next()
		case closeBracket:
			p.next()
			return
		default:
			return
		}
	}
}

// failUnknown reports a word that is no statement here, and what was probably meant.
func (p *parser) failUnknown(at, before *node, t token) {
	if !t.quoted && isGroupWord(t.text) {
		p.failGroup(at, t)
		return
	}
	at.doubtful = true
	if p.found.errors.full() {
		p.fail(t.pos, nil, "unknown statement", "")
		return
	}
	if at.isValue {
		remedy := "end the statement before it with ;"
		if p.lineMode {
			remedy = fmt.Sprintf("write several values as %s [ A B ], another statement on a line of its own",
				at.stmt.keyword)
		}
		p.fail(t.pos, at, "unexpected "+show(t.text), remedy)
		return
	}
	p.fail(t.pos, at, "unknown statement "+show(t.text), p.meant(at, before, t))
}

// meant says what was probably meant by an unknown word.
func (p *parser) meant(at, before *node, t token) string {
	root := p.tree.root.stmt
	if close := closest(root, at.stmt, t); close != "" {
		return close
	}
	if home := p.home(at, t); home != "" {
		return home
	}
	if near := similar(root, at.stmt, t); near != "" {
		return near
	}
	if before != nil && before.parent == at {
		if remedy := before.stmt.surplus(t); remedy != "" {
			return remedy
		}
	}
	if knob := at.stmt.onlyKnob(t.text); knob != "" {
		return fmt.Sprintf("did you mean %q?", knob+" "+t.text)
	}
	return expected(at.stmt)
}

// home says what to do with a statement that belongs further up, or somewhere below that.
func (p *parser) home(at *node, t token) string {
	if t.quoted {
		return ""
	}
	for n := at.parent; n != nil; n = n.parent {
		path := descend(n.stmt, t.text)
		switch {
		case n.isValue:
		case n.stmt.child(t.text) != nil && p.lineMode:
			return "it belongs to " + n.place() + "; write it on a line of its own"
		case n.stmt.child(t.text) != nil && p.depth == 0:
			return "it belongs to " + n.place() + "; end the statement before it with ;, or begin each line with set"
		case n.stmt.child(t.text) != nil:
			return "it belongs to " + n.place() + "; is a } missing above?"
		case path != "":
			return fmt.Sprintf("did you mean %q, below %s?", path, n.place())
		}
	}
	return ""
}

// surplus says what to do with a word behind a statement that was read whole.
func (s *statement) surplus(t token) string {
	switch {
	case s.kind == flag:
		return s.keyword + " takes no value; remove " + show(t.text)
	case s.kind != leaf:
		return ""
	case s.value.kind == textValue || s.value.kind == pathValue:
		return "put a value of several words in quotes"
	}
	return s.keyword + " takes one value; remove " + show(t.text)
}

func (p *parser) failGroup(at *node, t token) {
	p.fail(t.pos, at, t.text+": configuration groups are not supported",
		"write the statements of the group where they apply")
}

// warn reports something accepted that the operator should know of.
func (p *parser) warn(pos Pos, n *node, msg, remedy string) {
	p.found.warnings.add(Error{Pos: pos, Path: n.path(), Msg: msg, Remedy: remedy})
}
