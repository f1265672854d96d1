package config

import (
	"strconv"
	"strings"
)

// maxShown bounds how much of an operator's word an error repeats, in characters.
const maxShown = 64

// inactiveTag marks a statement that is kept but has no effect.
const inactiveTag = "inactive:"

// barePunctuation is the punctuation that an unquoted word may hold in formatted text.
const barePunctuation = "-_./:@+,=%*"

// isReserved is true for words that stand for more than themselves unless they are quoted.
func isReserved(word string) bool { return isGroupWord(word) || isTag(word) }

// isTag is true for the marks that Junos writes before a statement in braces.
func isTag(word string) bool {
	switch word {
	case inactiveTag, "active:", "delete:", "protect:", "replace:", "unprotect:":
		return true
	}
	return false
}

// isGroupWord is true for the keywords of Junos configuration groups.
func isGroupWord(word string) bool {
	switch word {
	case "groups", "apply-groups", "apply-groups-except", "apply-path", "apply-macro":
		return true
	}
	return false
}

// quoteWord writes a word so that it reads back as one word.
func quoteWord(word string) string {
	if word != "" && !isReserved(word) && !strings.ContainsFunc(word, needsQuotes) &&
		!strings.Contains(word, "/*") {
		return word
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(word) + `"`
}

func needsQuotes(r rune) bool {
	isLetter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
	return !isLetter && !strings.ContainsRune(barePunctuation, r)
}

// clip shortens a word for a message.
func clip(word string) string {
	shown := 0
	for i := range word {
		if shown == maxShown {
			return word[:i] + "..."
		}
		shown++
	}
	return word
}

// show quotes a word for a message, control characters escaped.
func show(word string) string { return strconv.Quote(clip(word)) }

// nearest is the candidate closest to a mistyped word, whatever the case, or nothing if none is close.
func nearest(word string, candidates []string) string {
	if len(word) < 2 || len(word) > maxShown {
		return ""
	}
	best, bestDistance := "", len(word)/3+2
	for _, c := range candidates {
		if d := distance(strings.ToLower(word), strings.ToLower(c)); d < bestDistance {
			best, bestDistance = c, d
		}
	}
	return best
}

// distance is the number of single edits between two words, a swap of neighbours being one.
func distance(a, b string) int {
	before, previous := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range previous {
		previous[j] = j
	}
	for i := 1; i <= len(a); i++ {
		current := make([]int, len(b)+1)
		current[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			current[j] = min(previous[j]+1, current[j-1]+1, previous[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				current[j] = min(current[j], before[j-2]+1)
			}
		}
		before, previous = previous, current
	}
	return previous[len(b)]
}
