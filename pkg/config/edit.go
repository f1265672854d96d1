package config

import "slices"

// editVerbs are the commands that start a line in `set` form.
func editVerbs() []string { return []string{"set", "delete", "deactivate", "activate"} }

// foreignVerbs are commands of Junos that change a configuration step by step; a text has no steps.
func foreignVerbs() []string {
	return []string{"annotate", "copy", "edit", "exit", "insert", "rename", "top", "up", "wildcard"}
}

// line reads one line in `set` form.
func (p *parser) line() {
	verb := p.next()
	p.lineMode = true
	switch {
	case verb.text == "set":
		p.rest(&walk{at: p.tree.root})
	case slices.Contains(editVerbs(), verb.text):
		p.edit(verb)
	default:
		p.fail(verb.pos, nil, verb.text+" is not supported in a configuration text",
			"write whole paths behind set, delete, deactivate or activate")
		p.tree.root.doubtful = true
	}
	p.skipRest()
	p.lineMode = false
}

// edit applies delete, deactivate or activate to what a path names.
func (p *parser) edit(verb token) {
	nodes, ok := p.target()
	if !ok {
		return
	}
	for _, n := range nodes {
		if n.parent.find(n.key()) != n || n.isEmpty() {
			p.warn(verb.pos, n, "there is no such statement to "+verb.text, "correct the path or remove the line")
			continue
		}
		switch verb.text {
		case "delete":
			n.parent.remove(n)
		default:
			n.inactive = verb.text == "deactivate"
		}
	}
}

// target reads the path of what shall be edited. A node that it gives may be detached from the tree:
// then the tree has no such statement.
func (p *parser) target() ([]*node, bool) {
	at := p.tree.root
	for {
		t := p.peek()
		switch {
		case t.kind == endToken && at == p.tree.root:
			p.fail(p.behind, nil, "the path is missing", "write what to change behind the command")
			return nil, false
		case t.kind == endToken:
			return []*node{at}, true
		case t.kind == openBracket && at.holdsValues():
			return p.targetList(at)
		case t.kind != wordToken:
			p.fail(t.pos, at, "unexpected "+t.String(), "write one path of words on the line")
			return nil, false
		}
		next, ok := p.targetStep(at)
		if !ok {
			return nil, false
		}
		at = next
	}
}

// targetStep reads one more part of a path.
func (p *parser) targetStep(at *node) (*node, bool) {
	if at.holdsValues() {
		v, ok := p.listValue(at)
		return at.reach(node{stmt: at.stmt, value: v.value, isValue: true}), ok
	}
	if !at.takesBlock() {
		t := p.peek()
		p.fail(t.pos, at, "unexpected "+t.String(), "write one path on the line")
		return nil, false
	}
	stmt, _ := p.keyword(at, nil)
	if stmt == nil {
		return nil, false
	}
	n := node{stmt: stmt, parent: at}
	hasValue := stmt.kind == named || stmt.kind == leaf && p.peek().kind == wordToken
	if !hasValue {
		return at.reach(n), true
	}
	v, _, ok := p.value(&n)
	n.value = v
	found := at.reach(n)
	if stmt.kind == leaf && found.value.key != v.key {
		return &n, ok
	}
	return found, ok
}

// targetList reads the values of a list that shall be edited, and the end of the line.
func (p *parser) targetList(at *node) ([]*node, bool) {
	values, ok := p.bracketList(at)
	var nodes []*node
	for _, v := range values {
		nodes = append(nodes, at.reach(node{stmt: at.stmt, value: v.value, isValue: true}))
	}
	if t := p.peek(); ok && t.kind != endToken {
		p.fail(t.pos, at, "unexpected "+t.String(), "write one path on the line")
		return nil, false
	}
	return nodes, ok
}

// reach finds a child, or gives one that is not in the tree.
func (n *node) reach(child node) *node {
	child.parent = n
	if found := n.find(child.key()); found != nil {
		return found
	}
	return &child
}
