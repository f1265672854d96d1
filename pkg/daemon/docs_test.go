package daemon

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"synscreen/pkg/dataplane"
)

const loggingPage = "../../docs/logging.md"

// pageRows gives the rows of the page's table that begins with a header, without their backquotes.
func pageRows(t *testing.T, header string) [][]string {
	t.Helper()
	text, err := os.ReadFile(loggingPage)
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(text), header+"\n")
	if !found {
		t.Fatalf("%s has no table %s", loggingPage, header)
	}
	table, _, _ = strings.Cut(table, "\n\n")
	var rows [][]string
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.Trim(strings.TrimSpace(cells[i]), "`")
		}
		rows = append(rows, cells)
	}
	return rows[1:]
}

// everyRecord gives one record of each kind and screen, and those about records.
func everyRecord(t *testing.T) []record {
	t.Helper()
	var records []record
	for _, screen := range dataplane.Screens() {
		for kind := dataplane.EventAlarm; kind <= dataplane.EventScreen; kind++ {
			records = append(records, newEventRecord(altered(alarm(), func(e *dataplane.Event) {
				e.Screen, e.Kind = screen, kind
			})))
		}
	}
	return append(records,
		record{tag: tagLost, text: "events lost: the engine had no room for them",
			fields: []field{{"lost", "lost", uint64(1)}}},
		record{tag: "RT_SCREEN_TCP", text: "records suppressed",
			fields: []field{{"suppressed", "suppressed", uint64(1)}}})
}

func TestLoggingPageListsExactlyTheFieldsAndMessages(t *testing.T) {
	fields, messages := map[string]string{"tag": "MSGID"}, map[string]bool{}
	for _, r := range everyRecord(t) {
		messages[r.text] = true
		for _, f := range r.fields {
			fields[f.key] = f.junos
		}
	}
	documented := map[string]string{}
	for _, row := range pageRows(t, "| field | in syslog | meaning |") {
		documented[row[0]] = row[1]
	}
	if diff := cmp.Diff(fields, documented); diff != "" {
		t.Errorf("fields (-code +page):\n%s", diff)
	}
	var told []string
	for _, row := range pageRows(t, "| message | when |") {
		told = append(told, row[0])
	}
	slices.Sort(told)
	if diff := cmp.Diff(sortedKeys(messages), told); diff != "" {
		t.Errorf("messages (-code +page):\n%s", diff)
	}
}

func TestLoggingPageListsEachScreenUnderItsTag(t *testing.T) {
	want := map[string]string{tagLost: "none: see above; not Junos's"}
	for _, screen := range dataplane.Screens() {
		separator := ", "
		if want[screen.Tag()] == "" {
			separator = ""
		}
		want[screen.Tag()] += separator + screen.Row()
	}
	got := map[string]string{}
	for _, row := range pageRows(t, "| tag | attacks |") {
		got[row[0]] = row[1]
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tags (-code +page):\n%s", diff)
	}
}

func TestLoggingPageShowsRecordsAndBoundsAsTheyAre(t *testing.T) {
	text, err := os.ReadFile(loggingPage)
	if err != nil {
		t.Fatal(err)
	}
	header := syslogHeader{hostname: "wire7", process: 4711}
	for _, want := range []string{
		string(header.format(newEventRecord(alarm()))),
		fmt.Sprintf("a tag had more than %d records in a second", tagRecordsMax),
		fmt.Sprintf("within %d ms than", eventInterval.Milliseconds()),
		"Up to 1,024 messages wait", "sent within 250 ms",
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s does not have: %s", loggingPage, want)
		}
	}
	if syslogQueue != 1024 || syslogTimeout.Milliseconds() != 250 {
		t.Error("the page's bounds of syslog are not the code's")
	}
}
