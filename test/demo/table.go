package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"strings"
)

// table shows the acts while they are played. On a terminal its rows change in place; elsewhere it
// prints a line a second, and all rows once more at the end.
type table struct {
	out   io.Writer
	live  bool
	rows  []result
	drawn int // lines, on a terminal
}

// newTable writes to a file, which may be a terminal.
func newTable(out *os.File) *table {
	info, err := out.Stat()
	live := err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
	return &table{out: out, live: live}
}

// rowFormat makes rowWidth columns: a terminal of 80 must not break a line.
const (
	rowFormat = "%-20s %5s %5s %8s %8s %9s %10s %7s"
	rowWidth  = 79
)

func head() []string {
	return []string{
		fmt.Sprintf("%-20s %11s %17s %9s %10s %7s", "", "connections", "connect time (ms)",
			"flood", "challenges", "cookies"),
		fmt.Sprintf(rowFormat, "act", "tried", "ok", "p50", "p99", "SYN/s", "sent", "valid"),
		strings.Repeat("-", rowWidth),
	}
}

func (r result) row() string {
	times := r.connectTimes()
	return fmt.Sprintf(rowFormat, r.title, fmt.Sprint(len(r.attempts)), fmt.Sprint(r.succeeded()),
		milliseconds(percentile(times, 50)), milliseconds(percentile(times, 99)),
		count(r.rate), count(float64(r.counted.challenges)), count(float64(r.counted.cookiesValid)))
}

// begin adds a row.
func (t *table) begin(title string) {
	t.rows = append(t.rows, result{title: title})
	if t.live {
		t.draw()
	} else if len(t.rows) == 1 {
		fmt.Fprintln(t.out, strings.Join(head(), "\n"))
	}
}

// show changes the row that was added last.
func (t *table) show(r result) {
	t.rows[len(t.rows)-1] = r
	if t.live {
		t.draw()
	} else {
		fmt.Fprintln(t.out, r.row())
	}
}

// end leaves the whole table behind.
func (t *table) end() {
	if !t.live {
		fmt.Fprintf(t.out, "\n%s\n", strings.Join(t.lines(), "\n"))
	}
}

func (t *table) lines() []string {
	lines := head()
	for _, r := range t.rows {
		lines = append(lines, r.row())
	}
	return lines
}

// draw writes over what was drawn before, in one write.
func (t *table) draw() {
	var b strings.Builder
	if t.drawn > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", t.drawn)
	}
	lines := t.lines()
	for _, line := range lines {
		fmt.Fprintf(&b, "\r%s\x1b[K\n", line)
	}
	t.drawn = len(lines)
	io.WriteString(t.out, b.String())
}

func milliseconds(ms float64) string {
	if math.IsNaN(ms) {
		return "-"
	}
	return fmt.Sprintf("%.2f", ms)
}

// count writes a number with its thousands apart, and none as a dash.
func count(n float64) string {
	text := fmt.Sprintf("%.0f", n)
	if text == "0" {
		return "-"
	}
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}
