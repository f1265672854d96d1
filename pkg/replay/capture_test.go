package replay

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gopacket/gopacket/layers"
)

// read reads a file to its end and gives the frames that came before an error.
func read(file []byte) (frames []frame, err error) {
	c, err := Open(bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	for {
		f, err := c.next()
		if errors.Is(err, io.EOF) {
			return frames, nil
		}
		if err != nil {
			return frames, err
		}
		f.data = bytes.Clone(f.data)
		frames = append(frames, f)
	}
}

func TestCaptureIsReadInBothFormats(t *testing.T) {
	frames := [][]byte{syn(t), bare(t, serverMAC, clientMAC), make([]byte, 65536)}
	for name, test := range map[string]struct {
		file    []byte
		ifnames []string
	}{
		"pcap": {pcap(t, layers.LinkTypeEthernet, frames...), []string{"", "", ""}},
		"pcapng": {pcapng(t, layers.LinkTypeEthernet, from{"eth1", frames[0]}, from{"eth2", frames[1]},
			from{"first", frames[2]}), []string{"eth1", "eth2", "first"}},
	} {
		got, err := read(test.file)
		if err != nil || len(got) != 3 {
			t.Fatalf("%s: %d frames, %v", name, len(got), err)
		}
		for i, f := range got {
			want := info(0, i, frames[i]).Timestamp
			if !bytes.Equal(f.data, frames[i]) || f.length != len(frames[i]) || f.ifname != test.ifnames[i] ||
				!f.time.Equal(want) {
				t.Errorf("%s: frame %d has %d of %d bytes, came in by %q at %s", name, i, len(f.data), f.length,
					f.ifname, f.time)
			}
		}
	}
}

func TestCaptureWithoutFramesHasNone(t *testing.T) {
	for _, file := range [][]byte{pcap(t, layers.LinkTypeEthernet), pcapng(t, layers.LinkTypeEthernet), section()} {
		if frames, err := read(file); err != nil || len(frames) != 0 {
			t.Errorf("%d frames, %v", len(frames), err)
		}
	}
}

func TestCaptureThatIsBroken(t *testing.T) {
	one := pcap(t, layers.LinkTypeEthernet, syn(t))
	two := pcapng(t, layers.LinkTypeEthernet, from{"first", syn(t)}, from{"first", syn(t)})
	alone := pcapng(t, layers.LinkTypeEthernet, from{"first", syn(t)})
	long := slices.Clone(one)
	binary.LittleEndian.PutUint32(long[24+8:], 300_000)
	binary.LittleEndian.PutUint32(long[24+12:], 300_000)
	big := slices.Clone(one)
	binary.LittleEndian.PutUint32(big[16:], 0xffffffff) // its own bound
	binary.LittleEndian.PutUint32(big[24+8:], 300_000)
	binary.LittleEndian.PutUint32(big[24+12:], 300_000)
	described := block(blockInterface, 1, 0, 0, 0, 0, 0, 0, 0)
	packet := func(captured byte) []byte {
		body := make([]byte, 24)
		body[12], body[16] = captured, captured
		return block(blockEnhanced, body...)
	}
	for _, test := range []struct {
		name   string
		file   []byte
		frames int
		want   string
	}{
		{"empty", nil, 0, "0 bytes are no capture"},
		{"short", []byte("abc"), 0, "3 bytes are no capture"},
		{"text", []byte("some text"), 0, "it is neither a pcap nor a pcapng file"},
		{"compressed", []byte{0x1f, 0x8b, 8, 0}, 0,
			"it is compressed: unpack it first, as in `zcat FILE | synscreen replay ... -`"},
		{"pcap of another link", pcap(t, layers.LinkTypeLinuxSLL), 0, "link type 113 (Linux SLL): " +
			"only Ethernet frames can be replayed; capture on an interface, not on `any`"},
		{"pcapng of another link", pcapng(t, layers.LinkTypeLinuxSLL, from{"first", syn(t)}, from{"any", syn(t)}), 1,
			"link type 113 (Linux SLL): only Ethernet frames can be replayed; capture on an interface, not on `any`"},
		{"cut in the head", one[:20], 0, "the capture ends early"},
		{"cut in a frame's head", one[:30], 0, "the capture ends early"},
		{"cut before a frame", one[:40], 0, "the capture ends early"},
		{"cut in a frame", one[:60], 0, "the capture ends early"},
		{"longer than all frames", long, 0, "capture length exceeds snap length: 300000 > 65536"},
		{"longer than all frames, by its own bound", big, 0, "capture length exceeds snap length: 300000 > 65536"},
		{"cut in a block", two[:len(two)-8], 1, "the capture ends early"},
		{"cut in a block's head", two[:len(alone)+4], 1, "the capture ends early"},
		{"cut in the section", section()[:20], 0, "the capture ends early"},
		{"cut in the section's head", section()[:8], 0, "the capture ends early"},
		{"no byte order", block(blockSection, make([]byte, 16)...), 0,
			"a pcapng section does not tell its byte order"},
		{"too short a block", append(section(), 5, 0, 0, 0, 8, 0, 0, 0), 0, "a pcapng block of kind 5 has 8 bytes"},
		{"a crooked block", append(section(), 5, 0, 0, 0, 13, 0, 0, 0), 0, "a pcapng block of kind 5 has 13 bytes"},
		{"a huge block", append(section(), 6, 0, 0, 0, 0, 0, 0, 0x80), 0,
			"a pcapng block of kind 6 has 2147483648 bytes, more than 1048576"},
		{"a huge block that is skipped", append(section(), 5, 0, 0, 0, 0, 0, 0, 0x80), 0, "the capture ends early"},
		{"two lengths", append(section(), 1, 0, 0, 0, 20, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 24, 0, 0, 0), 0,
			"the two lengths of a pcapng block differ: 20 and 24"},
		{"a long option", section(2, 0, 5, 0, 0, 0, 0, 0), 0, "option 2 of a pcapng block is longer than the block"},
		{"many interfaces", append(section(), bytes.Repeat(described, interfacesMax+1)...), 0,
			"more than 256 interfaces in one pcapng section"},
		{"a packet longer than its block", slices.Concat(section(), described, packet(4), packet(5)), 1,
			"a packet of 5 bytes in a pcapng block of 36"},
		{"no such interface", append(section(), packet(4)...), 0,
			"Interface id 0 not present in section (have only 0 interfaces)"},
		{"a packet without a time", slices.Concat(section(), described, block(blockSimple, 0, 0, 0, 0)), 0,
			"a pcapng simple packet block: it has no time, so that it cannot be replayed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			frames, err := read(test.file)
			if err == nil || err.Error() != test.want || len(frames) != test.frames {
				t.Errorf("%d frames, error %v, want %d and %s", len(frames), err, test.frames, test.want)
			}
		})
	}
}

func TestCaptureOfSeveralSections(t *testing.T) {
	first := pcapng(t, layers.LinkTypeEthernet, from{"eth1", syn(t)})
	secrets := block(10, make([]byte, 2<<20)...) // longer than any block that is kept
	frames, err := read(slices.Concat(first, secrets, first))
	if err != nil || len(frames) != 2 || frames[1].ifname != "eth1" {
		t.Errorf("%d frames, %v", len(frames), err)
	}
}

func TestCaptureInTheOtherByteOrder(t *testing.T) {
	swap := func(words ...uint32) (out []byte) {
		for _, word := range words {
			out = binary.BigEndian.AppendUint32(out, word)
		}
		return out
	}
	name := 0x65746831 // eth1
	file := swap(blockSection, 28, sectionMagic, 1<<16, 0xffffffff, 0xffffffff, 28,
		blockInterface, 32, 1<<16, 0, 2<<16|4, uint32(name), 0, 32,
		blockEnhanced, 44, 0, 0, 5_000_000, 4, 60, 0x01020304, 1<<16|4, 0x78787878, 44)
	frames, err := read(file)
	if err != nil || len(frames) != 1 {
		t.Fatalf("%d frames, %v", len(frames), err)
	}
	want := frame{data: []byte{1, 2, 3, 4}, length: 60, time: time.Unix(5, 0).UTC(), ifname: "eth1"}
	if diff := cmp.Diff(want, frames[0], cmp.AllowUnexported(frame{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Whatever is in a file: an error or frames, never more memory than the bounds allow.
func FuzzCapture(f *testing.F) {
	one := append(make([]byte, 12), 0x08, 0)
	f.Add([]byte("\xd4\xc3\xb2\xa1\x02\x00\x04\x00" + strings.Repeat("\x00", 12) + "\x01\x00\x00\x00"))
	f.Add(slices.Concat(section(), block(blockInterface, 1, 0, 0, 0, 0, 0, 0, 0),
		block(blockEnhanced, append(make([]byte, 20), one[:12]...)...)))
	f.Fuzz(func(t *testing.T, file []byte) {
		frames, err := read(file)
		for _, f := range frames {
			if len(f.data) > max(blockBytesMax, 4*snapLength) {
				t.Errorf("%d bytes, %v", len(f.data), err)
			}
		}
	})
}
