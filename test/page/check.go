package page

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Check compares a page with what was computed for it. It reports, each with its line: numbers that
// differ, numbers without a name, names without a number, names of nothing, claims that do not hold, and
// facts that the page does not show.
func Check(p *Page, facts *Facts) []string {
	problems := slices.Clone(p.Problems)
	shown := map[string]bool{}

	for _, g := range p.Groups {
		problems = append(problems, checkGroup(p.Name, g, facts, shown)...)
	}
	for _, what := range facts.broken {
		problems = append(problems, fmt.Sprintf("%s: it does not hold that %s", p.Name, what))
	}
	for _, name := range slices.Sorted(maps.Keys(facts.rows)) {
		if !shown[name] {
			problems = append(problems, fmt.Sprintf("%s: %s is nowhere on the page: %s", p.Name, name,
				strings.Join(facts.rows[name], " ")))
		}
	}
	return problems
}

func checkGroup(page string, g Group, facts *Facts, shown map[string]bool) []string {
	var problems []string
	report := func(line int, format string, a ...any) {
		problems = append(problems, fmt.Sprintf("%s:%d: %s", page, line, fmt.Sprintf(format, a...)))
	}
	numbers := g.Numbers

	for _, name := range g.Names {
		texts, known := facts.rows[name]
		if !known {
			report(g.At, "no fact has the name %s", name)
			numbers = numbers[min(1, len(numbers)):]
			continue
		}
		shown[name] = true
		for _, text := range texts {
			if len(numbers) == 0 {
				report(g.At, "the name %s has no number: %s", name, text)
				continue
			}
			if numbers[0].Value != text {
				report(numbers[0].Line, "%s is named %s, which is %s", numbers[0].Text, name, text)
			}
			numbers = numbers[1:]
		}
	}
	for _, n := range numbers {
		report(n.Line, "%s has no name", n.Text)
	}
	return problems
}
