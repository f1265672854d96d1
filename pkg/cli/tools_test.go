//go:build cgo

package cli

import (
	"flag"
	"net/netip"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gopacket/gopacket/layers"
)

const toolsPage = "../../docs/tools.md"

var update = flag.Bool("update", false, "write the output of the commands of the page into it")

// handshake is the capture of the page: a handshake with a cookie, and an ACK without one.
func handshake(t *testing.T, path string) {
	t.Helper()
	client, server := netip.MustParseAddrPort("198.51.100.7:40000"), netip.MustParseAddrPort("203.0.113.1:443")
	stranger := netip.MustParseAddrPort("198.51.100.8:40000")
	capture(t, path,
		segment{src: client, dst: server, flags: "S", seq: 0x11223344, options: []layers.TCPOption{
			option(layers.TCPOptionKindMSS, 0x05, 0xb4)}},
		segment{src: client, dst: server, flags: ".", seq: 0x11223345, ack: 0xf719f2c8},
		segment{src: server, dst: client, flags: "S.", seq: 0x1000, ack: 0x11223345},
		segment{src: client, dst: server, flags: "P.", seq: 0x11223345, ack: 0xf719f2c8, data: "hello"},
		segment{src: stranger, dst: server, flags: ".", seq: 1, ack: 2},
	)
}

// The page's commands are run in order, in a directory that has the files that it shows.
func TestToolsPageShowsWhatItsCommandsPrint(t *testing.T) {
	page, err := os.ReadFile(toolsPage)
	if err != nil {
		t.Fatal(err)
	}
	place, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	handshake(t, "handshake.pcap")
	blocks := regexp.MustCompile("(?s)```console\n(.*?)```")
	commands := 0
	got := blocks.ReplaceAllStringFunc(string(page), func(block string) string {
		var text strings.Builder
		for _, shown := range strings.Split(blocks.FindStringSubmatch(block)[1], "$ ")[1:] {
			commands++
			text.WriteString("$ " + rerun(t, shown))
		}
		return "```console\n" + text.String() + "```"
	})
	if *update {
		t.Chdir(place)
		if err := os.WriteFile(toolsPage, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(string(page), got); diff != "" || commands < 6 {
		t.Errorf("%d commands; the page (-) and what they print (+), `go test -run %s -update` mends it:\n%s",
			commands, t.Name(), diff)
	}
}

// rerun gives a command with the output that it has. `cat FILE` makes the file.
func rerun(t *testing.T, shown string) string {
	t.Helper()
	line, output, _ := strings.Cut(strings.ReplaceAll(shown, "\\\n", "\x00"), "\n")
	words := strings.Fields(strings.ReplaceAll(line, "\x00", " "))
	line = strings.ReplaceAll(line, "\x00", "\\\n") + "\n"
	if words[0] == "cat" {
		if err := os.WriteFile(words[1], []byte(output), 0o600); err != nil {
			t.Fatal(err)
		}
		return line + output
	}
	if words[0] != "synscreen" {
		t.Fatalf("%q is no command of synscreen", line)
	}
	got := command(t, words[1:]...)
	return line + got.Stdout + got.Stderr
}
