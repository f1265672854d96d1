package config

import "slices"

// parser builds a tree from tokens. A `set` line and a statement in braces are the same walk down the
// schema; they differ in where they end.
type parser struct {
	lex         *lexer
	ahead       token
	behind      Pos // the end of the token read last
	tree        *Tree
	found       *collector
	lineMode    bool // in a `set` line, which ends with its line
	inStatement bool // in a statement in braces, behind its first token
	depth       int  // open braces
	tooDeep     bool // the bound on them has been reported
	unclosed    bool // a missing brace has been reported: the others that it leaves open are not news
}

func newParser(file string, text []byte, found *collector) *parser {
	p := &parser{found: found, tree: newTree(newSchema(), file)}
	p.lex = newLexer(file, text, found.errors.add)
	p.ahead = p.lex.next()
	p.behind = p.ahead.pos
	return p
}

// document reads the whole text.
func (p *parser) document() {
	for p.ahead.kind != endToken {
		switch {
		case p.ahead.kind == closeBrace:
			p.fail(p.ahead.pos, nil, "this } closes nothing", "remove it, or add the { that it belongs to")
			p.next()
			p.tree.root.doubtful = true
		case startsEdit(p.ahead):
			p.line()
		default:
			p.statement(p.tree.root)
		}
	}
	if p.lex.failed {
		p.tree.root.doubtful = true
	}
}

// next consumes one token.
func (p *parser) next() token {
	t := p.ahead
	p.behind = t.end
	p.ahead = p.lex.next()
	p.countBraces(t)
	return t
}

// peek is the next token of the current statement: endToken where the statement cannot go on.
func (p *parser) peek() token {
	lineEnds := p.lineMode && p.ahead.startsLine
	editStarts := p.inStatement && p.depth == 0 && startsEdit(p.ahead)
	if lineEnds || editStarts || p.ahead.kind == endToken {
		return token{kind: endToken, text: "the end of the line", pos: p.behind, end: p.behind}
	}
	return p.ahead
}

// walk is the state of one statement on its way down the schema.
type walk struct {
	at       *node   // where the next keyword is looked up
	last     *node   // the last statement read; nil if it was refused
	marks    []*node // what an inactive tag applies to instead of last: the values named
	inactive bool    // the statement carries the inactive tag
	whole    bool    // last is a whole statement: in braces a semicolon must follow
	refused  bool    // an error was reported: what is missing behind it is not news
}

// statement reads one statement in braces, or at the top level outside `set` lines.
func (p *parser) statement(block *node) {
	w := &walk{at: block}
	p.inStatement = true
	if p.tag(w) && p.blockValue(w, block) {
		p.rest(w)
	} else {
		p.skipRest()
	}
	p.inStatement = false
}

// tag reads the mark that may stand before a statement.
func (p *parser) tag(w *walk) bool {
	t := p.peek()
	if t.kind != wordToken || t.quoted || !isTag(t.text) {
		return true
	}
	p.next()
	if t.text == inactiveTag {
		w.inactive = true
		return true
	}
	p.fail(t.pos, w.at, "the mark "+t.text+" is not supported", "write the statement without it")
	return false
}

// rest reads a statement to its end.
func (p *parser) rest(w *walk) {
	for {
		t := p.peek()
		switch t.kind {
		case wordToken:
			p.needSemicolon(w)
			if !p.step(w) {
				p.skipRest()
				return
			}
		case openBrace:
			p.openBlock(w)
			return
		case openBracket, closeBracket:
			p.fail(t.pos, w.at, "unexpected "+t.text, "only a statement that takes several values has a list")
			p.skipRest()
			return
		case closeBrace:
			p.braceInLine(w, t)
			p.needSemicolonAtEnd(w)
			p.finish(w)
			return
		case semicolon:
			p.semicolon(w)
			return
		default:
			p.needSemicolonAtEnd(w)
			p.finish(w)
			return
		}
	}
}

// braceInLine reports a brace that closes a block around a line in set form: there is none.
func (p *parser) braceInLine(w *walk, t token) {
	if p.lineMode {
		p.fail(t.pos, w.at, "a line in set form has no }", "write the } on a line of its own, or remove it")
		w.refused = true
	}
}

// semicolon ends a statement in braces.
func (p *parser) semicolon(w *walk) {
	t := p.next()
	if p.lineMode {
		p.fail(t.pos, w.at, "a line in set form has no ; at its end", "remove it")
		p.skipRest()
		return
	}
	p.finish(w)
}

// needSemicolon reports a statement that goes on where it should have ended.
func (p *parser) needSemicolon(w *walk) {
	if w.whole && !p.lineMode {
		p.missingSemicolon(w)
	}
	w.whole = false
}

func (p *parser) needSemicolonAtEnd(w *walk) {
	if !p.lineMode && !p.unclosed && (w.last != nil || w.refused) {
		p.missingSemicolon(w)
	}
}

func (p *parser) missingSemicolon(w *walk) {
	at := w.last
	if at == nil {
		at = w.at
	}
	remedy := "add ;"
	if p.depth == 0 {
		remedy += ", or begin each line with set"
	}
	p.fail(p.behind, at, "the ; after this statement is missing", remedy)
}

// finish checks that a statement said something, and marks it.
func (p *parser) finish(w *walk) {
	switch n := w.last; {
	case w.refused:
	case n == nil:
		p.fail(p.behind, w.at, "a statement is missing here", "write one, or remove what stands here")
	case n.stmt.kind == container && !n.stmt.presence:
		p.fail(p.behind, n, "the statement is not complete", expected(n.stmt))
	}
	p.mark(w)
}

// mark makes a statement inactive that carries the tag.
func (p *parser) mark(w *walk) {
	if !w.inactive || w.last == nil {
		return
	}
	if len(w.marks) == 0 {
		w.last.inactive = true
	}
	for _, n := range w.marks {
		n.inactive = true
	}
}

// fail reports an error at a place; the node, if any, gives its path.
func (p *parser) fail(pos Pos, n *node, msg, remedy string) {
	e := Error{Pos: pos, Msg: msg, Remedy: remedy}
	if n != nil && !p.found.errors.surplus(pos) {
		e.Path = n.path()
	}
	p.found.errors.add(e)
}

// startsEdit is true for a token that starts a `set` line or its kin.
func startsEdit(t token) bool {
	return t.kind == wordToken && t.startsLine && !t.quoted &&
		(slices.Contains(editVerbs(), t.text) || slices.Contains(foreignVerbs(), t.text))
}
