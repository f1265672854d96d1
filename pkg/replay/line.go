package replay

import (
	"fmt"
	"strings"
	"time"

	"synscreen/pkg/dataplane"
)

// line is what is told of one frame.
type line struct {
	number  uint64
	elapsed time.Duration
	port    string
	frame   frame
	result  dataplane.ReplayResult
}

// format has the widths of the columns. Lines are written as frames are read, so that they are guesses
// where they are not known.
type format struct{ port int }

const (
	describedWidth = 40
	verdictWidth   = 9
)

func newFormat(ports *Ports) format {
	var f format
	for _, port := range ports.all {
		f.port = max(f.port, len(port.Name))
	}
	return f
}

// of writes a line: number, time, port, description, verdict, reason, cookie; two blanks between them.
func (f format) of(l line) string {
	text := fmt.Sprintf("%5d  %s  %-*s  %-*s  %-*s  %s", l.number, seconds(l.elapsed), f.port, l.port,
		describedWidth, described(l.frame), verdictWidth, l.result.Verdict, l.result.Reason)
	if cookie := cookieOf(l.result); cookie != "" {
		text += "  " + cookie
	}
	return strings.TrimRight(text, " ") + "\n"
}

func described(f frame) string {
	text := describe(f.data)
	if len(f.data) < f.length {
		text += fmt.Sprintf(" (cut to %d of %d bytes)", len(f.data), f.length)
	}
	return text
}

func cookieOf(result dataplane.ReplayResult) string {
	switch result.Event {
	case dataplane.CookieMinted:
		return fmt.Sprintf("cookie minted %s %s", result.Minted, result.Terms)
	case dataplane.CookieValid:
		return fmt.Sprintf("cookie valid epoch=%d %s", result.Epoch, result.Terms)
	}
	return ""
}

// seconds writes seconds with microseconds.
func seconds(d time.Duration) string {
	return fmt.Sprintf("%d.%06d", d/time.Second, d%time.Second/time.Microsecond)
}
