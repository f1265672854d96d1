package daemon

import (
	"fmt"
	"log/slog"
	"strconv"
	"strings"
)

// What RFC 5424 asks for.
const (
	syslogFacility = 16 // local0
	syslogApp      = "synscreen"
	// syslogID names the structured data. 32473 is the number that RFC 5612 keeps for examples: the
	// project has none of its own, and Junos's names do not make it Juniper.
	syslogID          = "synscreen@32473"
	syslogTime        = "2006-01-02T15:04:05.000000Z"
	syslogHostnameMax = 255
)

// syslogHeader is what all messages of a daemon have in common.
type syslogHeader struct {
	hostname string
	process  int
}

// format gives a record as RFC 5424 section 6 has it.
func (h syslogHeader) format(r record) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "<%d>1 %s %s %s %d %s [%s", 8*syslogFacility+severity(r.level),
		r.time.UTC().Format(syslogTime), printable(h.hostname, syslogHostnameMax), syslogApp, h.process,
		r.tag, syslogID)
	for _, f := range r.fields {
		b.WriteString(" " + f.junos + `="`)
		b.WriteString(escapeParam(paramText(f.value)))
		b.WriteString(`"`)
	}
	b.WriteString("] " + r.text)
	return []byte(b.String())
}

// severity maps the log's levels to those of section 6.2.1: error, warning, notice.
func severity(level slog.Level) int {
	switch {
	case level >= slog.LevelError:
		return 3
	case level >= slog.LevelWarn:
		return 4
	}
	return 5
}

func paramText(value any) string {
	if number, ok := value.(float64); ok {
		return strconv.FormatFloat(number, 'f', -1, 64)
	}
	return fmt.Sprint(value)
}

// escapeParam makes a PARAM-VALUE of section 6.3.3: valid UTF-8 in which three characters are escaped.
func escapeParam(text string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, `]`, `\]`).Replace(strings.ToValidUTF8(text, "\uFFFD"))
}

// printable makes PRINTUSASCII of at most so many bytes; the nil value "-" of nothing.
func printable(text string, size int) string {
	text = strings.Map(func(r rune) rune {
		if r < 33 || r > 126 {
			return -1
		}
		return r
	}, text)
	if text == "" {
		return "-"
	}
	return text[:min(len(text), size)]
}
