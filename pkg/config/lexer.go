package config

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// tokenKind is the kind of a token.
type tokenKind int

const (
	endToken tokenKind = iota // end of the text, or of what the parser may read of it
	wordToken
	openBrace
	closeBrace
	openBracket
	closeBracket
	semicolon
)

// token is one word or one mark of the text.
type token struct {
	kind       tokenKind
	text       string // word: without quotes and escapes
	quoted     bool   // a quoted word is never a keyword
	startsLine bool   // `set` lines end where the next line starts
	pos        Pos
	end        Pos // just behind the token
}

// String names the token for an error.
func (t token) String() string {
	if t.kind == wordToken {
		return show(t.text)
	}
	return t.text
}

// lexer cuts a text into tokens. It reports what it cannot read and goes on behind it.
type lexer struct {
	text    string
	offset  int
	pos     Pos
	newline bool // a line ended since the last token
	failed  bool // something could not be read
	report  func(Error)
}

func newLexer(file string, text []byte, report func(Error)) *lexer {
	return &lexer{
		text:    strings.TrimPrefix(string(text), "\ufeff"),
		pos:     Pos{File: file, Line: 1, Col: 1},
		newline: true,
		report:  report,
	}
}

// next gives the next token; behind the last one it gives endToken for ever.
func (l *lexer) next() token {
	l.skipBlanks()
	t := token{startsLine: l.newline, pos: l.pos}
	l.newline = false
	switch r := l.peek(); r {
	case -1:
		t.kind, t.text, t.startsLine = endToken, "the end of the text", true
	case '{', '}', '[', ']', ';':
		t.kind, t.text = markKind(r), string(r)
		l.advance()
	case '"':
		t.kind, t.quoted, t.text = wordToken, true, l.quotedWord()
	default:
		t.kind, t.text = wordToken, l.bareWord()
	}
	t.end = l.pos
	return t
}

func markKind(r rune) tokenKind {
	switch r {
	case '{':
		return openBrace
	case '}':
		return closeBrace
	case '[':
		return openBracket
	case ']':
		return closeBracket
	default:
		return semicolon
	}
}

// peek is the next character, or -1 at the end.
func (l *lexer) peek() rune {
	if l.offset == len(l.text) {
		return -1
	}
	r, _ := utf8.DecodeRuneInString(l.text[l.offset:])
	return r
}

// advance steps over one character.
func (l *lexer) advance() {
	r, size := utf8.DecodeRuneInString(l.text[l.offset:])
	l.offset += size
	l.pos.Col++
	if r == '\n' {
		l.pos.Line++
		l.pos.Col = 1
	}
}

// skipBlanks steps over blanks, comments and what cannot stand in a configuration.
func (l *lexer) skipBlanks() {
	for l.offset < len(l.text) {
		r := l.peek()
		switch {
		case r == '\n':
			l.newline = true
			l.advance()
		case r == ' ' || r == '\t' || r == '\r':
			l.advance()
		case r == '#':
			l.skipLine()
		case l.atComment():
			l.skipComment()
		case isUnreadable(r):
			l.skipUnreadable()
		default:
			return
		}
	}
}

func (l *lexer) skipLine() {
	for l.offset < len(l.text) && l.peek() != '\n' {
		l.advance()
	}
}

func (l *lexer) atComment() bool { return strings.HasPrefix(l.text[l.offset:], "/*") }

func (l *lexer) skipComment() {
	start := l.pos
	stop := strings.Index(l.text[l.offset+2:], "*/")
	if stop < 0 {
		l.fail(start, "the comment that starts here does not end", "close it with */")
		stop = len(l.text)
	} else {
		stop += l.offset + 4
	}
	for l.offset < stop {
		l.newline = l.newline || l.peek() == '\n'
		l.advance()
	}
}

// isUnreadable is true for control characters and for bytes that are not UTF-8.
func isUnreadable(r rune) bool {
	return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0x7f || r == utf8.RuneError
}

// skipUnreadable reports a run of unreadable characters once.
func (l *lexer) skipUnreadable() {
	l.fail(l.pos, fmt.Sprintf("the byte 0x%02x is not readable text", l.text[l.offset]),
		"save the file as plain UTF-8 text")
	for l.offset < len(l.text) && isUnreadable(l.peek()) {
		l.advance()
	}
}

// bareWord reads up to a blank, a mark or a comment.
func (l *lexer) bareWord() string {
	start := l.offset
	for l.offset < len(l.text) {
		r := l.peek()
		if strings.ContainsRune(" \t\r\n{}[];\"", r) || isUnreadable(r) || l.atComment() {
			break
		}
		l.advance()
	}
	return l.text[start:l.offset]
}

// quotedWord reads up to the closing quote, which must stand on the same line.
func (l *lexer) quotedWord() string {
	var b strings.Builder
	start := l.pos
	l.advance()
	for l.offset < len(l.text) {
		switch r := l.peek(); {
		case r == '"':
			l.advance()
			return b.String()
		case r == '\n':
			l.failQuote(start)
			return b.String()
		case r == '\\':
			l.escape(&b)
		case isUnreadable(r):
			l.skipUnreadable()
		default:
			b.WriteRune(r)
			l.advance()
		}
	}
	l.failQuote(start)
	return b.String()
}

// escape reads one escaped character. Control characters have no escape: no value may hold one.
func (l *lexer) escape(b *strings.Builder) {
	start := l.pos
	l.advance()
	r := l.peek()
	if r == '"' || r == '\\' {
		b.WriteRune(r)
		l.advance()
		return
	}
	l.fail(start, `unknown escape in a quoted word`, `only \" and \\ are escapes`)
}

func (l *lexer) failQuote(start Pos) {
	l.fail(start, "the quoted word that starts here does not end on its line", `close it with "`)
}

func (l *lexer) fail(pos Pos, msg, remedy string) {
	l.failed = true
	l.report(Error{Pos: pos, Msg: msg, Remedy: remedy})
}
