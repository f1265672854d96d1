package config

import "fmt"

// written is one value as it stands in the text.
type written struct {
	value
	pos Pos
}

// stepValues reads the values behind a list or group; a block of them is left to the caller.
func (p *parser) stepValues(w *walk, stmt *statement, pos Pos) bool {
	n := p.ensure(w, w.at, node{stmt: stmt, pos: pos})
	w.last, w.whole, w.refused = n, false, false
	var values []written
	ok := true
	switch t := p.peek(); {
	case t.kind == openBrace && !p.lineMode:
		return true
	case t.kind == openBracket:
		values, ok = p.bracketList(n)
	case stmt.kind == group:
		return p.groupValue(w, n)
	default:
		values, ok = p.plainList(n)
	}
	w.whole = true
	w.refused = !ok
	p.addValues(w, n, values)
	return true
}

// groupValue reads the one value of a group that a line without brackets names. Statements of its own
// could follow it.
func (p *parser) groupValue(w *walk, n *node) bool {
	v, ok := p.listValue(n)
	if !ok {
		w.last, w.refused = nil, true
		return false
	}
	w.at = p.addValue(w, n, v)
	w.last, w.marks = w.at, []*node{w.at}
	return true
}

// blockValue reads the value that a statement in a block of values starts with. It is false if there is
// a word that is none.
func (p *parser) blockValue(w *walk, block *node) bool {
	if !block.holdsValues() || p.peek().kind != wordToken {
		return true
	}
	return p.groupValue(w, block)
}

// plainList reads values up to the next keyword or the end of the statement.
func (p *parser) plainList(n *node) (values []written, ok bool) {
	ok = true
	for {
		v, good := p.listValue(n)
		ok = ok && good
		if good {
			values = append(values, v)
		}
		t := p.peek()
		isKeyword := !t.quoted && n.parent.stmt.child(t.text) != nil
		if t.kind != wordToken || isKeyword {
			return values, ok
		}
	}
}

// bracketList reads a list in brackets; one that does not end gives no values.
func (p *parser) bracketList(n *node) (values []written, ok bool) {
	open := p.next()
	ok = true
	for count := 0; ; count++ {
		switch p.peek().kind {
		case wordToken:
			v, good := p.listValue(n)
			ok = ok && good
			if good {
				values = append(values, v)
			}
		case closeBracket:
			p.next()
			if count == 0 {
				p.fail(open.pos, n, "the list is empty", "allowed is "+n.stmt.value.describe())
				n.doubtful, ok = true, false
			}
			return values, ok
		default:
			p.fail(open.pos, n, "the list that opens here is never closed", "add ]")
			n.doubtful = true
			return nil, false
		}
	}
}

// listValue reads one value.
func (p *parser) listValue(n *node) (written, bool) {
	t := p.peek()
	if t.kind != wordToken {
		p.fail(p.behind, n, "the value is missing", "allowed is "+n.stmt.value.describe())
		n.doubtful = true
		return written{}, false
	}
	p.next()
	if !t.quoted && isGroupWord(t.text) {
		p.failGroup(n, t)
		return written{}, false
	}
	v, wrong := n.stmt.value.parse(t.text)
	if wrong.msg != "" {
		p.fail(t.pos, n, wrong.msg, wrong.remedy)
		n.doubtful = true
		return written{}, false
	}
	return written{v, t.pos}, true
}

// addValues puts the values of one statement into the tree.
func (p *parser) addValues(w *walk, n *node, values []written) {
	seen := map[string]bool{}
	for _, v := range values {
		if seen[v.key] && n.stmt.exactly > 0 {
			p.fail(v.pos, n, fmt.Sprintf("%s is named twice", v.text),
				fmt.Sprintf("name %d different ones", n.stmt.exactly))
			n.doubtful = true
		}
		seen[v.key] = true
		w.marks = append(w.marks, p.addValue(w, n, v))
	}
}

func (p *parser) addValue(w *walk, n *node, v written) *node {
	return p.ensure(w, n, node{stmt: n.stmt, value: v.value, pos: v.pos, isValue: true})
}
