package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"time"
)

// table shows the acts while they are played. On a terminal its rows change in place; elsewhere it
// prints a line a second, and all rows at the end.
type table struct {
	out   io.Writer
	live  bool
	rows  []result
	lines int // drawn, on a terminal
	start time.Time
}

func newTable(out *os.File) *table {
	info, err := out.Stat()
	live := err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
	return &table{out: out, live: live}
}

const (
	headFormat = "%-28s %6s %6s %9s %9s %9s %9s %10s %8s"
	ruleWidth  = 28 + 2*7 + 4*10 + 11 + 9
)

func head() []string {
	return []string{
		fmt.Sprintf(headFormat, "", "connec", "tions", "connect", "time", "page time", "flood",
			"challenges", "cookies"),
		fmt.Sprintf(headFormat, "act", "tried", "ok", "p50", "p99", "p99", "SYN/s", "sent", "valid"),
		strings.Repeat("-", ruleWidth),
	}
}

// begin adds a row.
func (t *table) begin(title string) {
	t.rows = append(t.rows, result{title: title})
	t.start = time.Now()
	if t.live {
		t.draw()
		return
	}
	if len(t.rows) == 1 {
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

// end prints what shall stay.
func (t *table) end() {
	if t.live {
		return
	}
	fmt.Fprintln(t.out)
	fmt.Fprintln(t.out, strings.Join(t.all(), "\n"))
}

func (t *table) all() []string {
	lines := head()
	for _, r := range t.rows {
		lines = append(lines, r.row())
	}
	return lines
}

// draw writes over what was drawn before.
func (t *table) draw() {
	var b strings.Builder
	if t.lines > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", t.lines)
	}
	lines := t.all()
	for _, line := range lines {
		fmt.Fprintf(&b, "\r%s\x1b[K\n", line)
	}
	t.lines = len(lines)
	io.WriteString(t.out, b.String())
}

func (r result) row() string {
	connect, page := r.connectTimes(), r.pageTimes()
	return fmt.Sprintf(headFormat, r.title, fmt.Sprint(len(r.attempts)), fmt.Sprint(r.succeeded()),
		milliseconds(percentile(connect, 50)), milliseconds(percentile(connect, 99)),
		milliseconds(percentile(page, 99)), count(uint64(math.Round(r.rate))),
		count(r.counted.challenges), count(r.counted.cookiesValid))
}

func milliseconds(ms float64) string {
	switch {
	case math.IsNaN(ms):
		return "-"
	case ms >= 1000:
		return fmt.Sprintf("%.2f s", ms/1000)
	}
	return fmt.Sprintf("%.2f ms", ms)
}

// count writes a number with its thousands apart, and none as a dash.
func count(n uint64) string {
	if n == 0 {
		return "-"
	}
	text := fmt.Sprint(n)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}
