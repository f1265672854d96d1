package config

import (
	"strconv"
	"strings"
)

// generator makes configuration texts out of the schema. The bytes that it is given decide, so that a
// fuzzer can steer it; when they are used up, it decides for the first of each choice.
type generator struct {
	bytes  []byte
	schema *statement
}

func newGenerator(decisions []byte) *generator { return &generator{decisions, newSchema()} }

// pick gives a number below n.
func (g *generator) pick(n int) int {
	got := 0
	for range 3 { // enough for every range of the schema
		got <<= 8
		if len(g.bytes) > 0 {
			got |= int(g.bytes[0])
			g.bytes = g.bytes[1:]
		}
		if n <= 256 {
			break
		}
	}
	return got % n
}

// text gives a few lines; every one of them is one that the parser takes.
func (g *generator) text() string {
	var b strings.Builder
	for range 2 + g.pick(30) {
		verb := []string{"set", "set", "set", "set", "set", "deactivate", "activate", "delete"}[g.pick(8)]
		b.WriteString(verb + g.path(g.schema, verb == "set") + "\n")
	}
	return b.String()
}

// path goes down the schema to a statement that says something.
func (g *generator) path(at *statement, withValues bool) string {
	var words strings.Builder
	for {
		at = g.below(at)
		words.WriteString(" " + at.keyword)
		if at.kind == named || at.value != nil && withValues {
			words.WriteString(" " + g.value(at.value))
		}
		ends := at.kind != container && at.kind != named
		mayEnd := at.kind == named || at.presence
		if ends || mayEnd && (len(at.supportedKeywords()) == 0 || g.pick(3) == 0) {
			return words.String()
		}
	}
}

func (g *generator) below(at *statement) *statement {
	keywords := at.supportedKeywords()
	return at.child(keywords[g.pick(len(keywords))])
}

// value gives a value of a type, with a liking for what needs care.
func (g *generator) value(t *valueType) string {
	var samples []string
	switch t.kind {
	case numberValue:
		return strconv.Itoa(t.min + g.pick(t.max-t.min+1))
	case choiceValue:
		samples = t.choices
	case nameValue:
		samples = []string{"a", "two words", "apply-groups", "inactive:", "set", `"q"`, `back\slash`, "#x",
			"x/*y", "to", "{", "[ a ]", "10", "9", "screen"}
	case textValue:
		samples = []string{"a", "ä ö", `"`, ";", "/* no comment */", "inactive: a;", `\\\"`}
	case interfaceValue:
		samples = []string{"eth0", "eth1", "eth1.0", "eth1.100", "a*b", "inactive", "[x]"}
	case prefixValue:
		samples = []string{"10.0.0.0/8", "9.0.0.0/8", "192.0.2.1", "192.0.2.1/32", "::1", "2001:db8::/32", "::/0"}
	case pathValue:
		samples = []string{"/a", "/a b", "/*", `/"`}
	}
	return quoteWord(samples[g.pick(len(samples))])
}
