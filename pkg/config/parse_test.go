package config

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

const engineLine = "set system dataplane-type userspace\n"

// mustFail parses a text that must be refused and gives its errors.
func mustFail(t *testing.T, text string) *ErrorList {
	t.Helper()
	config, _, err := Parse("x.conf", []byte(text))
	var list *ErrorList
	if !errors.As(err, &list) {
		t.Fatalf("got %v, %v; want an error list", config, err)
	}
	return list
}

func mustParse(t *testing.T, text string) *Config {
	t.Helper()
	config, _, err := Parse("x.conf", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return config
}

func TestTextOfMaximumSizeIsRead(t *testing.T) {
	text := engineLine + strings.Repeat("#", TextMax-len(engineLine))
	mustParse(t, text)
}

func TestTextBeyondMaximumSizeIsRefused(t *testing.T) {
	list := mustFail(t, engineLine+strings.Repeat("#", TextMax-len(engineLine)+1))
	want := "x.conf:1:1: the text has more than the 4194304 bytes that are read; shorten it"
	if list.Error() != want {
		t.Errorf("got %q, want %q", list.Error(), want)
	}
}

func TestLineEndsOfWindowsAndByteOrderMarkAreBlanks(t *testing.T) {
	config := mustParse(t, "\ufeffset system dataplane-type userspace\r\nset system host-name a\r\n")
	if config.HostName != "a" || config.DataplanePos != (Pos{"x.conf", 1, 12}) {
		t.Errorf("got host name %q, engine at %s", config.HostName, config.DataplanePos)
	}
}

func TestTextWithoutLastLineEndIsRead(t *testing.T) {
	if got := mustParse(t, engineLine+"set system host-name a").HostName; got != "a" {
		t.Errorf("got host name %q", got)
	}
}

func TestColumnsCountCharactersNotBytes(t *testing.T) {
	list := mustFail(t, engineLine+`set security screen ids-option S description "äöü" tcp bad`)
	if got := list.Errors[0].Pos; got != (Pos{"x.conf", 2, 56}) {
		t.Errorf("got %s", got)
	}
}

func TestBytesThatAreNotTextAreRefusedOncePerRun(t *testing.T) {
	list := mustFail(t, engineLine+"set system host-name a \xff\xfe\xfd\nset system host-name a\x01\n")
	for i, want := range []Pos{{"x.conf", 2, 24}, {"x.conf", 3, 23}} {
		if got := list.Errors[i]; got.Pos != want || !strings.Contains(got.Msg, "is not readable text") {
			t.Errorf("got %v, want a refusal at %s", got, want)
		}
	}
}

func TestFileThatIsNoTextIsRefusedInOneLine(t *testing.T) {
	wide := "\xff\xfe"
	for _, letter := range engineLine {
		wide += string(letter) + "\x00"
	}
	for name, text := range map[string]string{"UTF-16": wide, "a program": "\x7fELF\x02\x01\x01\x00\x00\n{}\n"} {
		list := mustFail(t, text)
		want := "x.conf:1:1: this is no text: it has bytes 0x00; name a configuration, saved as plain UTF-8 text"
		if list.Error() != want {
			t.Errorf("%s: got %q, want %q", name, list.Error(), want)
		}
	}
}

func TestReadFileReadsNoMoreThanParseRefuses(t *testing.T) {
	text, err := ReadFile("/dev/zero")
	if err != nil || len(text) != TextMax+1 {
		t.Errorf("got %d bytes, %v", len(text), err)
	}
}

func TestErrorsBeyondTheBoundAreCounted(t *testing.T) {
	list := mustFail(t, strings.Repeat("set nothing\n", 250))
	if len(list.Errors) != maxErrors || list.More != 150 {
		t.Fatalf("got %d errors and %d more, want %d and 150", len(list.Errors), list.More, maxErrors)
	}
	if last := list.Errors[maxErrors-1].Pos.Line; last != maxErrors {
		t.Errorf("the last error kept is of line %d, want %d: the first ones are to be kept", last, maxErrors)
	}
	if !strings.HasSuffix(list.Error(), "\n... and 150 more") {
		t.Error("the text does not say how many more")
	}
}

func TestErrorsCanBeReachedOneByOne(t *testing.T) {
	_, _, err := Parse("x.conf", []byte("set nothing\n"))
	var one Error
	if !errors.As(err, &one) || one.Pos != (Pos{"x.conf", 1, 5}) {
		t.Errorf("got %+v", one)
	}
}

func TestSyntaxAndSemanticErrorsComeTogether(t *testing.T) {
	list := mustFail(t, "set security zones security-zone z screen none\nset system host-nam a\n"+engineLine)
	if len(list.Errors) != 2 {
		t.Errorf("got %d errors, want 2:\n%v", len(list.Errors), list)
	}
}

func TestParseTreeAcceptsStatementsThatDoNotFitTogether(t *testing.T) {
	tree, _, err := ParseTree("x.conf", []byte("set security zones security-zone z screen none"))
	if err != nil {
		t.Fatal(err)
	}
	if got := FormatSet(tree); got != "set security zones security-zone z screen none\n" {
		t.Errorf("got %q", got)
	}
}

func TestOrderOfTheTextDoesNotReachTheConfiguration(t *testing.T) {
	lines := strings.SplitAfter(strings.TrimSuffix(`set system dataplane-type userspace
set security zones security-zone a interfaces eth1
set security zones security-zone b interfaces eth2
set security zones security-zone b screen S
set security forwarding-options secure-wire w interface [ eth1 eth2 ]
set security screen ids-option S tcp syn-flood white-list k source-address 10.0.0.0/8
set security screen ids-option S tcp syn-flood white-list k source-address 9.0.0.0/8
set security screen ids-option R
`, "\n"), "\n")
	want := mustParse(t, strings.Join(lines, ""))
	for range lines {
		lines = append(lines[1:], lines[0])
		got := mustParse(t, strings.Join(lines, "\n"))
		sameConfig(t, want, got)
		sameForms(t, want.Tree, got.Tree)
	}
}

// Every text here is as hostile as its size allows; none may cost more than a blink.
func TestHostileTextsAreReadInBoundedTime(t *testing.T) {
	fill := func(unit string) string { return strings.Repeat(unit, TextMax/len(unit)) }
	texts := map[string]string{
		"open braces":    fill("{"),
		"nested unknown": fill("a{"),
		"nested known":   fill("security{"),
		"closing":        fill("}"),
		"semicolons":     fill(";"),
		"unknown words":  fill("xyzzyxyzzyxyzzyxyzzyxyzzyxyzzyxyzzyxyzzyxyzzyxyzzy;"),
		"inactive tags":  fill("inactive:"),
		"brackets":       "set system host-name " + fill("[")[:TextMax/2],
		"one long word":  fill("a"),
		"one long name":  "set security zones security-zone " + fill("z")[:TextMax/2],
		"deletes":        fill("set system host-name a\ndelete system host-name\n"),
		"zones":          fillLines("set security zones security-zone z%d\n"),
		"prefixes":       fillLines("set security screen ids-option s tcp syn-flood white-list w source-address ::%x\n"),
		"bad names":      fill("set security zones security-zone \"\x07\" screen s\n"),
	}
	for name, text := range texts {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			if tree, _, err := ParseTree("x.conf", []byte(text)); err == nil {
				Format(tree, Braces)
			}
			if _, _, err := Parse("x.conf", []byte(text)); err == nil {
				t.Error("accepted")
			}
			if took := time.Since(start); took > 60*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}

// fillLines repeats a line with a number in it up to the maximum size.
func fillLines(format string) string {
	var b bytes.Buffer
	for i := 0; b.Len()+len(format)+8 < TextMax; i++ {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}
