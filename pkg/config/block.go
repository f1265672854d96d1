package config

import "fmt"

// maxDepth bounds the nesting of braces. The parser itself goes no deeper than the schema, and leaves out
// what it does not know without recursion: the bound is there for whoever reads the text next.
const maxDepth = 32

// openBlock reads the block behind a statement.
func (p *parser) openBlock(w *walk) {
	open := p.ahead
	switch n := w.last; {
	case p.lineMode:
		p.fail(open.pos, w.at, "a line in set form has no block", "write the whole path on the line")
		p.skipRest()
	case n == nil && w.refused:
		p.skipBlock()
	case n == nil:
		p.fail(open.pos, w.at, "this { belongs to no statement", "write the statement before it")
		p.skipBlock()
	case !n.takesBlock() && (!n.holdsValues() || w.whole):
		p.fail(open.pos, n, "this statement has no block", "end it with ;")
		p.skipBlock()
	default:
		p.mark(w)
		p.block(n)
	}
}

// block reads statements up to the closing brace.
func (p *parser) block(n *node) {
	open := p.next()
	for {
		switch p.peek().kind {
		case closeBrace:
			p.next()
			return
		case endToken:
			p.failUnclosed(open, n)
			return
		default:
			p.inStatement = false
			p.statement(n)
		}
	}
}

func (p *parser) failUnclosed(open token, n *node) {
	if !p.unclosed {
		p.fail(open.pos, n, "the { that opens here is never closed", "add the } where its block ends")
	}
	p.unclosed = true
	p.tree.root.doubtful = true
}

// skipRest leaves a statement that cannot be read.
func (p *parser) skipRest() {
	for {
		kind := p.peek().kind
		switch {
		case kind == endToken:
			return
		case p.lineMode:
			p.next()
		case kind == closeBrace:
			return
		case kind == semicolon:
			p.next()
			return
		case kind == openBrace:
			p.skipBlock()
			return
		default:
			p.next()
		}
	}
}

// skipBlock leaves out a block, braces included.
func (p *parser) skipBlock() {
	open := p.next()
	if !p.skipToClose() {
		p.failUnclosed(open, nil)
	}
}

// skipToClose leaves out the rest of a block whose brace is open; false if the text ends before it.
func (p *parser) skipToClose() bool {
	for open := 1; p.ahead.kind != endToken; {
		switch p.next().kind {
		case openBrace:
			open++
		case closeBrace:
			if open--; open == 0 {
				return true
			}
		}
	}
	return false
}

// countBraces keeps the number of open braces. A line in set form has none that could belong to others.
func (p *parser) countBraces(t token) {
	switch {
	case p.lineMode:
	case t.kind == openBrace:
		p.depth++
	case t.kind == closeBrace && p.depth > 0:
		p.depth--
	}
	if p.depth > maxDepth && !p.tooDeep {
		p.tooDeep = true
		p.fail(t.pos, nil, fmt.Sprintf("more than %d braces are open here", maxDepth), "close some of them before")
	}
}
