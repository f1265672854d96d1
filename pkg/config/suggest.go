package config

import (
	"fmt"
	"slices"
	"strings"
)

// maxListed bounds how many statements an error lists.
const maxListed = 8

// suggest says what was probably meant by an unknown word below a statement, whatever stands around it.
func suggest(root, at *statement, t token) string {
	if close := closest(root, at, t); close != "" {
		return close
	}
	if near := similar(root, at, t); near != "" {
		return near
	}
	return expected(at)
}

// closest knows words that are keywords, but not here or not like this.
func closest(root, at *statement, t token) string {
	switch {
	case t.quoted && at.child(t.text) != nil:
		return "a keyword has no quotes"
	case at != root && slices.Contains(editVerbs(), t.text):
		return "a line that starts with " + t.text + " cannot stand inside braces or behind a path"
	}
	if path := descend(at, t.text); path != "" {
		return fmt.Sprintf("did you mean %q?", path)
	}
	if full := abbreviated(t.text, known(root, at)); full != "" {
		return fmt.Sprintf("keywords cannot be abbreviated; did you mean %q?", full)
	}
	return ""
}

// similar knows words that look like a keyword.
func similar(root, at *statement, t token) string {
	words := known(root, at)
	near := nearest(t.text, words)
	if near == "" {
		near = containing(t.text, words)
	}
	if near == "" {
		return ""
	}
	return fmt.Sprintf("did you mean %q?", near)
}

// known gives the words that a statement could go on with.
func known(root, at *statement) []string {
	if at == root {
		return append(at.keywords(), editVerbs()...)
	}
	return at.keywords()
}

// onlyKnob is the keyword of the one leaf below a statement, if a word is a value of it.
func (s *statement) onlyKnob(word string) string {
	leaves := slices.DeleteFunc(slices.Clone(s.children), func(c *statement) bool { return c.status != supported })
	if len(leaves) != 1 || leaves[0].kind != leaf {
		return ""
	}
	if _, wrong := leaves[0].value.parse(word); wrong.msg != "" {
		return ""
	}
	return leaves[0].keyword
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

// containing gives the keyword that a word is a part of, if there is but one.
func containing(word string, known []string) string {
	var found []string
	for _, k := range known {
		if len(word) > 2 && strings.Contains(strings.ToLower(k), strings.ToLower(word)) {
			found = append(found, k)
		}
	}
	if len(found) != 1 {
		return ""
	}
	return found[0]
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

// defineIt is the remedy for a name that is not among those that are defined.
func defineIt(name string, defined []string, statement string) string {
	if near := nearest(name, defined); near != "" {
		return fmt.Sprintf("did you mean %q? Otherwise define it: %s", near, statement)
	}
	return "define it: " + statement
}
