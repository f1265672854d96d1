package config

import (
	"fmt"
	"io"
	"strings"
)

// topLevel stands for the empty path.
const topLevel = "(top level)"

// Help prints the statements below a path, each with what it takes, its range, its default and a mark
// if it is ours and not Junos's. A name on the path may be any word, also a placeholder such as <name>.
func Help(path []string, w io.Writer) error {
	at, text, err := follow(newSchema(), path)
	if err != nil {
		return err
	}
	h := helper{out: w}
	h.statement(at, text)
	return h.err
}

// follow walks the words of a path down the schema and gives the statement with its path in help form.
func follow(root *statement, path []string) (*statement, string, error) {
	at, text := root, ""
	for i := 0; i < len(path); i++ {
		next := at.child(path[i])
		if next == nil {
			t := token{kind: wordToken, text: path[i]}
			return nil, "", fmt.Errorf("help for %q: unknown statement %s; %s",
				strings.Join(path, " "), show(path[i]), suggest(root, at, t))
		}
		at, text = next, text+" "+next.head()
		isName := next.kind == named && i+1 < len(path) && next.child(path[i+1]) == nil
		if isName {
			i++
		}
	}
	return at, strings.TrimSpace(text), nil
}

// head is the statement with its name as a placeholder.
func (s *statement) head() string {
	if s.kind == named {
		return s.keyword + " " + s.value.placeholder()
	}
	return s.keyword
}

type helper struct {
	out io.Writer
	err error
}

// statement prints one statement and all below it. What is not supported takes one line in all; a
// container that says nothing by itself takes none.
func (h *helper) statement(s *statement, path string) {
	unsupported := s.unsupportedKeywords()
	if s.kind != container || s.presence || len(unsupported) > 0 || len(s.children) == 0 {
		h.print(s, path, unsupported)
	}
	if path != "" {
		path += " "
	}
	for _, c := range s.children {
		if c.status == supported {
			h.statement(c, path+c.head())
		}
	}
}

func (h *helper) print(s *statement, path string, unsupported []string) {
	usage := path + s.takes()
	if usage == "" {
		usage = topLevel
	}
	text := usage + "\n"
	if summary := s.summary(); summary != "" {
		text += indent + summary + "\n"
	}
	if len(unsupported) > 0 {
		text += indent + "not supported yet: " + strings.Join(unsupported, ", ") + "\n"
	}
	if h.err == nil {
		_, h.err = io.WriteString(h.out, text)
	}
}

// takes gives the values behind a keyword as a placeholder.
func (s *statement) takes() string {
	switch s.kind {
	case leaf:
		return " " + s.value.placeholder()
	case list, group:
		if s.exactly > 0 {
			return " [" + strings.Repeat(" "+s.value.placeholder(), s.exactly) + " ]"
		}
		return " [ " + s.value.placeholder() + " ... ]"
	default:
		return ""
	}
}

// summary gives the meaning, what is allowed, and the marks.
func (s *statement) summary() string {
	text := s.help
	if s.value != nil {
		text += "; " + s.value.describe()
	}
	if s.deprecated != "" {
		text += " (deprecated)"
	}
	if s.ours {
		text += " (ours)"
	}
	switch {
	case s.refusal.msg != "":
		text += " (not supported: " + s.refusal.msg + ")"
	case s.status == unsupported:
		text += " (not supported yet)"
	}
	return text
}
