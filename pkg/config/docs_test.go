package config

import (
	"cmp"
	"os"
	"slices"
	"strings"
	"testing"
)

const referenceFile = "../../docs/configuration.md"

// reference gives the table rows of the configuration reference by the usage in their first column.
func reference(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(referenceFile)
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for line := range strings.Lines(string(text)) {
		cells := strings.SplitN(strings.ReplaceAll(line, `\|`, "\x00"), "|", 3)
		if len(cells) < 3 {
			continue
		}
		for _, usage := range strings.Split(cells[1], "`") {
			usage = strings.ReplaceAll(strings.TrimSpace(usage), "\x00", "|")
			rows[usage] += "|" + strings.ReplaceAll(cells[2], "\x00", "|")
		}
	}
	return rows
}

func TestEveryStatementOfTheSchemaIsInTheReference(t *testing.T) {
	rows := reference(t)
	for _, usage := range usages(help(t)) {
		if _, ok := rows[usage]; !ok {
			t.Errorf("%s has no row for `%s`", referenceFile, usage)
		}
	}
}

func TestReferenceGivesTheRangesDefaultsAndOriginsOfTheSchema(t *testing.T) {
	rows := reference(t)
	var walk func(s *statement, path string)
	walk = func(s *statement, path string) {
		usage := cmp.Or(path+s.takes(), topLevel)
		for _, want := range s.documented() {
			if !strings.Contains(rows[usage], want) {
				t.Errorf("the row of `%s` does not say %q", usage, want)
			}
		}
		for _, c := range s.children {
			if c.status == supported {
				walk(c, strings.TrimSpace(path+" "+c.head()))
			}
		}
	}
	walk(newSchema(), "")
}

func TestReferenceHasNoRowForWhatTheSchemaDoesNotHave(t *testing.T) {
	listed := usages(help(t))
	for usage := range reference(t) {
		isStatement := strings.HasPrefix(usage, "system") || strings.HasPrefix(usage, "security")
		if isStatement && !slices.Contains(listed, usage) {
			t.Errorf("%s has a row for `%s`, which is no statement", referenceFile, usage)
		}
	}
}

// documented gives what the reference must say of a statement.
func (s *statement) documented() []string {
	var words []string
	for _, keyword := range s.unsupportedKeywords() {
		words = append(words, "`"+keyword+"`")
	}
	switch {
	case s.kind == container && !s.presence:
		return words
	case s.ours:
		words = append(words, "| ours |")
	default:
		words = append(words, "| Junos |")
	}
	if s.value != nil {
		allowed, fallback, hasDefault := strings.Cut(s.value.describe(), ", default ")
		words = append(words, allowed)
		if hasDefault {
			words = append(words, "| "+fallback+" |")
		}
	}
	return words
}

func TestExamplesOfTheReferenceAreOneConfigurationInBothForms(t *testing.T) {
	text, err := os.ReadFile(referenceFile)
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(text), "```\n")
	if len(blocks) < 4 {
		t.Fatal("the reference has lost its examples")
	}
	inSet, inBraces := mustParse(t, blocks[1]), mustParse(t, blocks[3])
	sameConfig(t, inSet, inBraces)
	if got := Format(inSet.Tree, Braces); got != blocks[3] {
		t.Errorf("the formatter writes the example as:\n%s", got)
	}
}

func TestEveryExampleOfStatementsInTheReferenceIsRead(t *testing.T) {
	text, err := os.ReadFile(referenceFile)
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for i, block := range strings.Split(string(text), "```\n") {
		if i%2 == 0 || !strings.HasPrefix(block, "set ") {
			continue
		}
		read++
		if _, _, err := ParseTree("example", []byte(block)); err != nil {
			t.Errorf("%v\n%s", err, block)
		}
	}
	if read < 2 {
		t.Errorf("%d examples were read", read)
	}
}
