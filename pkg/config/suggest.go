package config

import (
	"fmt"
	"slices"
	"strings"
)

// maxListed bounds how many statements an error lists.
const maxListed = 8

// suggest says what was probably meant by an unknown word below a statement.
func suggest(root, at *statement, t token) string {
	known := at.keywords()
	if at == root {
		known = append(known, editVerbs()...)
	}
	switch {
	case t.quoted && at.child(t.text) != nil:
		return "a keyword has no quotes"
	case at != root && slices.Contains(editVerbs(), t.text):
		return "a line that starts with " + t.text + " cannot stand inside braces or behind a path"
	}
	if path := descend(at, t.text); path != "" {
		return fmt.Sprintf("did you mean %q?", path)
	}
	if full := abbreviated(t.text, known); full != "" {
		return fmt.Sprintf("keywords cannot be abbreviated; did you mean %q?", full)
	}
	if near := nearest(t.text, known); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	if root.child(t.text) != nil {
		return "it belongs to the top level; is a } missing above?"
	}
	return expected(at)
}

// descend finds a keyword further down and gives the path to it, if it is the only one and no name lies
// on the way.
func descend(at *statement, keyword string) string {
	var found []string
	var search func(s *statement, path []string)
	search = func(s *statement, path []string) {
		for _, c := range s.children {
			if c.keyword == keyword {
				found = append(found, strings.Join(append(slices.Clone(path), keyword), " "))
			}
			if c.kind == container {
				search(c, append(slices.Clone(path), c.keyword))
			}
		}
	}
	search(at, nil)
	if len(found) != 1 {
		return ""
	}
	return found[0]
}

// abbreviated gives the first keyword that a word is the beginning of.
func abbreviated(word string, known []string) string {
	i := slices.IndexFunc(known, func(k string) bool { return word != "" && strings.HasPrefix(k, word) })
	if i < 0 {
		return ""
	}
	return known[i]
}

// expected lists what can follow a statement.
func expected(at *statement) string {
	words := at.supportedKeywords()
	switch {
	case len(words) == 0:
		return "nothing below it is supported yet; remove it"
	case len(words) > maxListed:
		words = append(words[:maxListed:maxListed], "...")
	}
	return "one of these can follow: " + strings.Join(words, ", ")
}
