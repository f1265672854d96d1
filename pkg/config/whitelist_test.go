package config

import (
	"fmt"
	"strings"
	"testing"
)

const whiteListOfS = "set security screen ids-option S tcp syn-flood white-list "

// prefixLines adds prefixes to a white-list of a profile, a line each.
func prefixLines(profile string, list, count int) string {
	var b strings.Builder
	for i := range count {
		fmt.Fprintf(&b, "set security screen ids-option %s tcp syn-flood white-list w%d source-address 10.%d.%d.%d\n",
			profile, list, list, i>>8, i&255)
	}
	return b.String()
}

func TestProfileTakesTheMostPrefixes(t *testing.T) {
	config := mustParse(t, engineLine+prefixLines("S", 1, 4000)+prefixLines("S", 2, 96))
	if got := len(config.Screens[0].SynFlood.WhiteLists[0].Source); got != 4000 {
		t.Errorf("got %d prefixes", got)
	}
}

func TestOnePrefixTooManyInAProfileIsRefusedAtItsPlace(t *testing.T) {
	list := mustFail(t, engineLine+prefixLines("S", 2, 97)+prefixLines("S", 1, 4000))
	want := "x.conf:4098:77: security screen ids-option S tcp syn-flood white-list: the profile has 4097 prefixes " +
		"in its white-lists, the limit is 4096; join prefixes that lie next to each other"
	if list.Error() != want {
		t.Errorf("got  %s\nwant %s", list.Error(), want)
	}
}

func TestSourcesAndDestinationsCountTogether(t *testing.T) {
	text := engineLine + prefixLines("S", 1, 4095) + whiteListOfS + "w1 destination-address 192.0.2.1\n"
	mustParse(t, text)
	mustFail(t, text+whiteListOfS+"w1 destination-address 192.0.2.2\n")
}

// fourProfiles fills a configuration with the most prefixes of a profile, four times.
func fourProfiles() string {
	text := engineLine
	for _, profile := range []string{"A", "B", "C", "D"} {
		text += prefixLines(profile, 1, maxProfilePrefixes)
	}
	return text
}

func TestConfigurationTakesTheMostPrefixes(t *testing.T) {
	mustParse(t, fourProfiles())
}

func TestOnePrefixTooManyInAConfigurationIsRefusedAtItsPlace(t *testing.T) {
	list := mustFail(t, fourProfiles()+"set security screen ids-option E tcp syn-flood white-list w "+
		"source-address 192.0.2.1\n")
	want := "x.conf:16386:76: security screen: the white-lists of all profiles have 16385 prefixes, " +
		"the limit is 16384; join prefixes that lie next to each other"
	if list.Error() != want {
		t.Errorf("got  %s\nwant %s", list.Error(), want)
	}
}

func TestInactivePrefixesDoNotCount(t *testing.T) {
	text := engineLine + prefixLines("S", 1, 4000) + prefixLines("S", 2, 97)
	mustParse(t, text+"deactivate security screen ids-option S tcp syn-flood white-list w2\n")
}

// The most that can be configured can also be written, in the longer form with the longest names.
func TestTheMostPrefixesFitIntoATextInSetForm(t *testing.T) {
	line := "set security screen ids-option " + strings.Repeat("s", 64) + " tcp syn-flood white-list " +
		strings.Repeat("w", 32) + " destination-address ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128\n"
	if most := len(line) * maxConfigPrefixes; most+1<<18 > TextMax {
		t.Errorf("%d prefixes take %d bytes, a text has %d", maxConfigPrefixes, most, TextMax)
	}
}
