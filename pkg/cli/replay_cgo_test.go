//go:build cgo

package cli

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gopacket/gopacket/layers"
)

const (
	floodSYNs = 30
	clientISN = 0x11223344
	testKey   = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
)

// way is how a client reaches a server in a test.
type way struct {
	name           string
	client, server string
	vlan           uint16
	mss            string // the client's, as the cookie has it
}

func ways() []way {
	return []way{
		{"IPv4", "192.0.2.1:40000", "198.51.100.1:80", 0, "1460"},
		{"IPv6", "[2001:db8::1]:40000", "[2001:db8:1::1]:80", 0, "1440"},
		{"tagged", "192.0.2.1:40000", "198.51.100.1:80", 10, "1460"},
	}
}

// flood gives SYNs of spoofed clients, above the threshold, and the client's own behind them.
func (w way) flood() []segment {
	client, server := netip.MustParseAddrPort(w.client), netip.MustParseAddrPort(w.server)
	var segments []segment
	for i := range floodSYNs {
		spoofed := netip.AddrPortFrom(client.Addr(), uint16(20000+i))
		segments = append(segments, segment{src: spoofed, dst: server, vlan: w.vlan, flags: "S", seq: uint32(i)})
	}
	return append(segments, segment{src: client, dst: server, vlan: w.vlan, flags: "S", seq: clientISN,
		options: []layers.TCPOption{
			option(layers.TCPOptionKindMSS, 0x05, 0xb4),
			option(layers.TCPOptionKindSACKPermitted),
			option(layers.TCPOptionKindTimestamps, 0, 0, 0, 1, 0, 0, 0, 0),
			option(layers.TCPOptionKindWindowScale, 7),
		}})
}

func option(kind layers.TCPOptionKind, data ...byte) layers.TCPOption {
	return layers.TCPOption{OptionType: kind, OptionLength: uint8(2 + len(data)), OptionData: data}
}

// ack gives the client's answer to a challenge.
func (w way) ack(isn, tsval uint32) segment {
	return segment{src: netip.MustParseAddrPort(w.client), dst: netip.MustParseAddrPort(w.server), vlan: w.vlan,
		flags: ".", seq: clientISN + 1, ack: isn + 1, options: []layers.TCPOption{
			option(layers.TCPOptionKindTimestamps, binary.BigEndian.AppendUint32([]byte{0, 0, 0, 2}, tsval)...)}}
}

// replayed plays segments and gives the lines, without those of the flood, and what left.
func replayed(t *testing.T, segments ...segment) ([]string, []leaving) {
	t.Helper()
	in, out := temporary(t, "in.pcap"), temporary(t, "out.pcapng")
	capture(t, in, segments...)
	got := command(t, "replay", "--config", write(t, replayText), "--key-file", writeKey(t, testKey),
		"--epoch", "41", "--out", out, in)
	lines := strings.Split(got.Stdout, "\n")
	if got.Code != 0 || got.Stderr != "" || len(lines) < len(segments) {
		t.Fatalf("%+v", got)
	}
	return lines[floodSYNs:len(segments)], readOut(t, out)
}

// fields gives the words of a line behind its first three columns, and the values among them.
func fields(line string) (words []string, values map[string]string) {
	values = map[string]string{}
	words = strings.Fields(line)[3:]
	for _, word := range words {
		if name, value, ok := strings.Cut(word, "="); ok {
			values[name] = value
		}
	}
	return words, values
}

func hexadecimal(t *testing.T, text string) uint32 {
	t.Helper()
	value, err := strconv.ParseUint(text, 16, 32)
	if err != nil {
		t.Fatal(err)
	}
	return uint32(value)
}

func TestReplayChallengesAFloodAndAdmitsWhoAnswers(t *testing.T) {
	for _, w := range ways() {
		t.Run(w.name, func(t *testing.T) {
			lines, left := replayed(t, w.flood()...)
			terms := "mss=1460 wscale=7 our-wscale=7 sack=1 ecn=0"
			words, values := fields(lines[0])
			who := strings.Fields(w.client + " > " + w.server + " S")
			if w.vlan != 0 {
				who = append([]string{"vlan", "10"}, who...)
			}
			want := strings.Fields(fmt.Sprintf("challenge reply_challenge cookie minted isn=%s tsval=%s %s",
				values["isn"], values["tsval"], terms))
			if diff := cmp.Diff(append(who, want...), words); diff != "" {
				t.Errorf("the client's SYN (-want +got):\n%s", diff)
			}
			expect(t, outcome{Stdout: "isn=" + values["isn"] + " tsval=" + values["tsval"] + "\n"},
				"cookie", "mint", "--key-file", writeKey(t, testKey), "--zone", "untrust", "--epoch", "41",
				"--src", w.client, "--dst", w.server, "--isn", "11223344", "--mss", "1460",
				"--timestamps", "--wscale", "7", "--our-wscale", values["our-wscale"], "--sack")
			isn := hexadecimal(t, values["isn"])
			challenge := leaving{ifname: "eth1", vlan: w.vlan, syn: true, ack: true, seq: isn, src: w.server}
			if got := left[len(left)-1]; got != challenge {
				t.Errorf("what left last is %+v, want %+v", got, challenge)
			}

			lines, left = replayed(t, append(w.flood(), w.ack(isn, hexadecimal(t, values["tsval"])))...)
			words, _ = fields(lines[1])
			valid := strings.Fields("cookie valid epoch=41 " + strings.Replace(terms, "1460", w.mss, 1))
			if got := words[len(words)-len(valid):]; !slices.Equal(got, valid) {
				t.Errorf("the ACK: %q, want %q", words, valid)
			}
			syn := leaving{ifname: "eth2", vlan: w.vlan, syn: true, seq: clientISN, src: w.client}
			if got := left[len(left)-1]; got != syn {
				t.Errorf("what left last is %+v, want %+v", got, syn)
			}
		})
	}
}

func TestReplayRefusesACookieThatIsNotValid(t *testing.T) {
	for _, w := range ways() {
		lines, left := replayed(t, append(w.flood(), w.ack(1, 2))...)
		words, _ := fields(lines[1])
		if got := strings.Join(words[len(words)-2:], " "); got != "drop drop_cookie_invalid" {
			t.Errorf("%s: %s", w.name, got)
		}
		if got := left[len(left)-1]; got.ifname != "eth1" {
			t.Errorf("%s: what left last is %+v", w.name, got)
		}
	}
}

func TestReplaySumsUpByReason(t *testing.T) {
	in := temporary(t, "in.pcap")
	flood := ways()[0].flood()
	capture(t, in, flood...)
	got := command(t, "replay", "--config", write(t, replayText), "--key-file", writeKey(t, testKey), "--epoch", "41", in)
	lines := strings.Split(got.Stdout, "\n")
	want := []string{"", "       9  forward    forward_syn_calm", "       1  forward    forward_syn_probe",
		"      21  challenge  reply_challenge",
		"      31  frames in 0.030000 s; 31 left", ""}
	if diff := cmp.Diff(want, lines[len(flood):]); diff != "" {
		t.Errorf("the summary (-want +got):\n%s", diff)
	}
}

func TestReplayOfABrokenCaptureTellsWhatItRead(t *testing.T) {
	in := temporary(t, "in.pcap")
	capture(t, in, ways()[0].flood()[:2]...)
	whole, err := os.ReadFile(in)
	if err == nil {
		err = os.WriteFile(in, whole[:len(whole)-1], 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	got := command(t, "replay", "--config", write(t, replayText), "--key-file", writeKey(t, testKey), "--epoch", "41", in)
	if got.Code != 1 || got.Stderr != "synscreen: replay "+in+": frame 2: the capture ends early\n" ||
		!strings.Contains(got.Stdout, "       1  frames in") {
		t.Errorf("%+v", got)
	}
}

func TestReplayNeedsTheKey(t *testing.T) {
	in, key := temporary(t, "in.pcap"), temporary(t, "none")
	capture(t, in)
	got := command(t, "replay", "--config", write(t, replayText), "--key-file", key, "--epoch", "41", in)
	if got.Code != 1 || got.Stdout != "" || !strings.Contains(got.Stderr, key) {
		t.Errorf("%+v", got)
	}
}
