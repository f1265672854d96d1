package dataplane

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	countersHeader = "../../csrc/include/synscreen/counters.h"
	countersPage   = "../../docs/counters.md"
)

// counterRow is one counter as the header declares it or as the page documents it.
type counterRow struct{ Name, Verdict string }

func TestCounterPageListsExactlyTheCountersOfTheHeader(t *testing.T) {
	if diff := cmp.Diff(headerCounters(t), pageCounters(t)); diff != "" {
		t.Errorf("%s (-) and %s (+) differ:\n%s", countersHeader, countersPage, diff)
	}
}

// headerCounters reads both enums of the header, in order.
func headerCounters(t *testing.T) []counterRow {
	t.Helper()
	text := readText(t, countersHeader)
	text = regexp.MustCompile(`(?s)/\*.*?\*/`).ReplaceAllString(text, "")
	var rows []counterRow
	for _, enum := range []struct{ name, last string }{
		{"screen_reason", "SCREEN_REASONS"},
		{"screen_shim_counter", "SCREEN_SHIM_COUNTERS"},
	} {
		body := regexp.MustCompile(`(?s)enum ` + enum.name + ` \{(.*?)\}`).FindStringSubmatch(text)
		if body == nil {
			t.Fatalf("%s: no enum %s", countersHeader, enum.name)
		}
		for _, name := range regexp.MustCompile(`SCREEN_\w+`).FindAllString(body[1], -1) {
			if name != enum.last {
				rows = append(rows, newCounterRow(name))
			}
		}
	}
	return rows
}

// newCounterRow turns SCREEN_DROP_X into drop_x, with the verdict that its first word names.
func newCounterRow(enumerator string) counterRow {
	name := strings.ToLower(strings.TrimPrefix(enumerator, "SCREEN_"))
	verdict, rest, _ := strings.Cut(name, "_")
	if verdict == "shim" {
		verdict = shimVerdict(rest)
	}
	// "passed" is said of what the kernel gets; this goes to the other port
	if name == "shim_passed_flow" {
		name, verdict = "shim_forwarded_flow", "forwarded"
	}
	// a challenge is a reply with a verdict of its own: enum screen_verdict
	if name == "reply_challenge" {
		verdict = "challenge"
	}
	return counterRow{Name: name, Verdict: verdict}
}

// shimVerdict is what a counter of the shim or the admitter, without "shim_", says of a frame.
func shimVerdict(name string) string {
	host, isHost := strings.CutPrefix(name, "host_")
	first, _, _ := strings.Cut(host, "_")
	switch {
	case host == "asked":
		return "not a frame"
	case host == "challenged":
		return "answered"
	case first == "dropped" || host == "reply_rate" || host == "not_admitted" || host == "cookie_invalid":
		return "dropped"
	case isHost || first == "passed":
		return "passed"
	}
	return "to the engine"
}

// pageCounters reads the rows of the page's tables that have four columns.
func pageCounters(t *testing.T) []counterRow {
	t.Helper()
	row := regexp.MustCompile("(?m)^\\| `([a-z0-9_]+)` \\| ([a-z ]+) \\| (.+) \\| (.+) \\|$")
	var rows []counterRow
	for _, match := range row.FindAllStringSubmatch(readText(t, countersPage), -1) {
		if strings.HasPrefix(match[1], "kernel_") {
			continue
		}
		rows = append(rows, counterRow{Name: match[1], Verdict: match[2]})
	}
	return rows
}

func readText(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
