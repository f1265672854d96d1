package config

import "slices"

// kind is the shape of a statement.
type kind int

const (
	// container holds other statements: `security { ... }`.
	container kind = iota
	// named is a container that exists once per name: `ids-option NAME { ... }`.
	named
	// flag is present or absent: `no-syn-check;`.
	flag
	// leaf carries one value: `timeout 20;`. A repeated one replaces the value.
	leaf
	// list carries any number of values: `interface [ a b ];`. A repeated one adds to them.
	list
	// group is a list that is written as a block: `interfaces { a; b; }`. Its values could carry
	// statements of their own, so one line takes one of them, or several in brackets.
	group
)

// status tells statements that work from those that are only recognised.
type status int

const (
	// supported statements are accepted and reach the typed configuration.
	supported status = iota
	// unsupported statements exist on Junos; we refuse them, and say that they are not unknown.
	unsupported
)

// statement is one node of the schema. Everything that this package knows of the language is in these
// values: the parser, the formatter, the typed configuration's defaults and the help read nothing else.
type statement struct {
	keyword    string
	kind       kind
	value      *valueType // named: the name; leaf, list, group: the value
	help       string
	presence   bool    // container: its presence alone has a meaning
	ordered    bool    // list: the order of the values is kept
	exactly    int     // list: how many different values it must have; 0: any number
	ours       bool    // not a statement of Junos
	status     status  // unsupported: all below the keyword is skipped
	refusal    problem // unsupported for good: why, and what to do instead
	deprecated string  // accepted with this warning
	children   []*statement
}

// child finds a statement by its keyword.
func (s *statement) child(keyword string) *statement {
	i := slices.IndexFunc(s.children, func(c *statement) bool { return c.keyword == keyword })
	if i < 0 {
		return nil
	}
	return s.children[i]
}

// order is the place of a child in the schema, which is its place in formatted text.
func (s *statement) order(child *statement) int { return slices.Index(s.children, child) }

// keywords lists the statements that may follow, for suggestions.
func (s *statement) keywords() []string {
	words := make([]string, 0, len(s.children))
	for _, c := range s.children {
		words = append(words, c.keyword)
	}
	return words
}

// supportedKeywords lists the statements that would be accepted.
func (s *statement) supportedKeywords() []string { return s.keywordsWith(supported) }

// unsupportedKeywords lists the statements that are recognised and refused.
func (s *statement) unsupportedKeywords() []string { return s.keywordsWith(unsupported) }

// refused says why an unsupported statement is not accepted.
func (s *statement) refused() problem {
	if s.refusal.msg != "" {
		return problem{"known on Junos, not supported: " + s.refusal.msg, s.refusal.remedy}
	}
	return problem{"known on Junos, not supported yet (" + s.help + ")", "remove it"}
}

func (s *statement) keywordsWith(want status) []string {
	var words []string
	for _, c := range s.children {
		if c.status == want {
			words = append(words, c.keyword)
		}
	}
	return words
}

// The constructors below keep the schema readable as a table.

func newContainer(keyword, help string, children ...*statement) *statement {
	return &statement{keyword: keyword, kind: container, help: help, children: children}
}

func newNamed(keyword, help string, name *valueType, children ...*statement) *statement {
	return &statement{keyword: keyword, kind: named, value: name, help: help, children: children}
}

func newFlag(keyword, help string) *statement {
	return &statement{keyword: keyword, kind: flag, help: help}
}

func newLeaf(keyword string, value *valueType, help string) *statement {
	return &statement{keyword: keyword, kind: leaf, value: value, help: help}
}

func newList(keyword string, value *valueType, help string) *statement {
	return &statement{keyword: keyword, kind: list, value: value, help: help}
}

func newGroup(keyword string, value *valueType, help string, children ...*statement) *statement {
	return &statement{keyword: keyword, kind: group, value: value, help: help, children: children}
}

// asPresence marks a container whose presence alone has a meaning.
func (s *statement) asPresence() *statement { s.presence = true; return s }

// asPair makes a list one of exactly two different values, kept in their order.
func (s *statement) asPair() *statement { s.ordered, s.exactly = true, 2; return s }

// asOurs marks a statement that Junos does not have.
func (s *statement) asOurs() *statement { s.ours = true; return s }

// asDeprecated marks a statement that is accepted with a warning.
func (s *statement) asDeprecated(warning string) *statement { s.deprecated = warning; return s }

// refusedFor makes a statement of Junos that is refused with a reason of its own.
func refusedFor(keyword, help string, refusal problem) *statement {
	return &statement{keyword: keyword, kind: container, help: help, status: unsupported, refusal: refusal}
}

// junosOnly lists statements that exist on Junos and that we refuse as such.
func junosOnly(help string, keywords ...string) []*statement {
	var out []*statement
	for _, k := range keywords {
		out = append(out, &statement{keyword: k, kind: container, help: help, status: unsupported})
	}
	return out
}
