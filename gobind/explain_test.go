package gobind

import (
	"net/netip"
	"strings"
	"testing"

	"synscreen/pkg/dataplane"
)

func scope() dataplane.CookieScope {
	return dataplane.CookieScope{KeyFile: "/nonexistent/master.key", Zone: "untrust", Epoch: 41,
		Client: netip.MustParseAddrPort("192.0.2.1:1000"), Server: netip.MustParseAddrPort("198.51.100.1:80")}
}

func TestCookieQuestionsThatTheLibraryHasNoRoomForAreRefused(t *testing.T) {
	long, nul, mixed := scope(), scope(), scope()
	long.KeyFile = strings.Repeat("k", 256)
	nul.Zone = "a\x00b"
	mixed.Server = netip.MustParseAddrPort("[2001:db8::1]:80")
	for want, s := range map[string]dataplane.CookieScope{
		"longer than 255 bytes":     long,
		"contains a NUL":            nul,
		"not of one address family": mixed,
	} {
		_, mintErr := MintCookie(dataplane.MintQuery{CookieScope: s})
		_, checkErr := CheckCookie(dataplane.CheckQuery{CookieScope: s})
		for _, err := range []error{mintErr, checkErr} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v, want %q in it", err, want)
			}
		}
	}
}

func TestCallsOfAClosedReplayAreErrors(t *testing.T) {
	replay := &Replay{}
	replay.Close()
	_, frameErr := replay.Frame("eth1", 0, nil)
	_, _, outputErr := replay.Output()
	for name, err := range map[string]error{"frame": frameErr, "output": outputErr} {
		if err == nil || err.Error() != "use the replay: it is closed" {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestReplayWithoutAKeyIsNotOpened(t *testing.T) {
	replay, err := OpenReplay(scope().KeyFile, 41, nil)
	if err == nil || !strings.Contains(err.Error(), scope().KeyFile) {
		t.Errorf("%v, error %v", replay, err)
	}
}
