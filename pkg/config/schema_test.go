package config

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// place is a statement of the schema with a line that leads to it.
type place struct {
	stmt  *statement
	above string // the line in front of its keyword
}

// places gives every supported statement.
func places() []place {
	var found []place
	var walk func(s *statement, line string)
	walk = func(s *statement, line string) {
		for _, c := range s.children {
			if c.status == supported {
				found = append(found, place{c, line})
				walk(c, line+" "+c.keyword+c.example())
			}
		}
	}
	walk(newSchema(), "set")
	return found
}

func TestEveryNumberIsTakenAtBothEndsOfItsRangeAndRefusedBeyond(t *testing.T) {
	numbers := 0
	for _, p := range places() {
		if p.stmt.value == nil || p.stmt.value.kind != numberValue {
			continue
		}
		numbers++
		least, most := p.stmt.value.min, p.stmt.value.max
		for _, n := range []int{least, most} {
			if _, _, err := ParseTree("x.conf", []byte(p.line(n))); err != nil {
				t.Error(err)
			}
		}
		for _, n := range []int{least - 1, most + 1} {
			_, _, err := ParseTree("x.conf", []byte(p.line(n)))
			want := fmt.Sprintf("%d is out of range; allowed is %d..%d ", n, least, most)
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, want %s", p.line(n), err, want)
			}
		}
	}
	if numbers < 20 {
		t.Errorf("%d numbers", numbers)
	}
}

func (p place) line(n int) string { return p.above + " " + p.stmt.keyword + " " + strconv.Itoa(n) }

func TestEveryMisspelledKeywordIsRefusedAtItsPlaceWithTheRightOne(t *testing.T) {
	for _, p := range places() {
		for _, word := range misspelled(p.stmt.keyword) {
			_, _, err := ParseTree("x.conf", []byte(p.above+" "+word))
			column := len(p.above) + 2
			if err == nil || !strings.HasPrefix(err.Error(), fmt.Sprintf("x.conf:1:%d: ", column)) ||
				!strings.Contains(err.Error(), `did you mean "`+p.stmt.keyword+`"?`) {
				t.Errorf("%s %s: got %v, want %q", p.above, word, err, p.stmt.keyword)
			}
		}
	}
}

// misspelled gives words that are one slip away: a letter twice, a letter left out, two letters swapped.
func misspelled(word string) []string {
	if len(word) < 4 {
		return []string{word + word[len(word)-1:]}
	}
	i := len(word) / 2
	words := []string{word[:i] + word[i-1:], word[:i] + word[i+1:]}
	if word[i] != word[i+1] {
		words = append(words, word[:i]+word[i+1:i+2]+word[i:i+1]+word[i+2:])
	}
	return words
}

func TestEveryRefusedStatementSaysThatItIsKnown(t *testing.T) {
	var walk func(s *statement, line string)
	walk = func(s *statement, line string) {
		for _, c := range s.children {
			if c.status == supported {
				walk(c, line+" "+c.keyword+c.example())
				continue
			}
			_, _, err := ParseTree("x.conf", []byte(line+" "+c.keyword))
			if err == nil || !strings.Contains(err.Error(), c.keyword+": known on Junos, not supported") {
				t.Errorf("%s %s: got %v", line, c.keyword, err)
			}
		}
	}
	walk(newSchema(), "set")
}
