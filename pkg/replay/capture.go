package replay

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// snapLength stands in for a pcap file's own: pcapgo then takes at most 256 KiB for a frame, whatever the
// file says.
const snapLength = 64 << 10

// frame is one frame of a capture.
type frame struct {
	data   []byte // good until the next
	length int    // on the wire; more than the data when the capture cut it
	time   time.Time
	ifname string // empty: the capture does not say
}

// Capture reads a pcap or a pcapng file frame by frame, in bounded memory.
type Capture struct {
	source gopacket.ZeroCopyPacketDataSource
	// ofFrame completes a frame with what only its file's format has.
	ofFrame func(*frame, gopacket.CaptureInfo) error
}

// Open looks at the first bytes to tell the format.
func Open(from io.Reader) (*Capture, error) {
	r := bufio.NewReaderSize(from, snapLength)
	first, err := r.Peek(4)
	switch {
	case errors.Is(err, io.EOF):
		return nil, fmt.Errorf("%d bytes are no capture", len(first))
	case err != nil:
		return nil, err
	case first[0] == 0x1f && first[1] == 0x8b:
		return nil, errors.New("it is compressed: unpack it first, as in `zcat FILE | synscreen replay ... -`")
	}
	switch binary.LittleEndian.Uint32(first) {
	case blockSection:
		return openPcapng(r)
	case 0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1: // both byte orders, micro- and nanoseconds
		return openPcap(r)
	}
	return nil, errors.New("it is neither a pcap nor a pcapng file")
}

func openPcap(r *bufio.Reader) (*Capture, error) {
	source, err := pcapgo.NewReader(r)
	if err != nil {
		return nil, cut(err)
	}
	source.SetSnaplen(snapLength)
	if err := checkLink(source.LinkType()); err != nil {
		return nil, err
	}
	return &Capture{source, func(*frame, gopacket.CaptureInfo) error { return nil }}, nil
}

func openPcapng(r *bufio.Reader) (*Capture, error) {
	source, err := pcapgo.NewNgReader(&blocks{r: r}, pcapgo.NgReaderOptions{WantMixedLinkType: true})
	if err != nil {
		return nil, cut(err)
	}
	return &Capture{source, func(f *frame, info gopacket.CaptureInfo) error {
		described, err := source.Interface(info.InterfaceIndex)
		if err != nil {
			return err
		}
		f.ifname = described.Name
		return checkLink(described.LinkType)
	}}, nil
}

// next gives the next frame; io.EOF at the end.
func (c *Capture) next() (frame, error) {
	data, info, err := c.source.ZeroCopyReadPacketData()
	switch {
	case errors.Is(err, io.EOF) && info.CaptureLength > 0: // between a header and its frame
		return frame{}, errCut
	case errors.Is(err, io.EOF):
		return frame{}, io.EOF
	case err != nil:
		return frame{}, cut(err)
	}
	f := frame{data: data, length: info.Length, time: info.Timestamp}
	return f, c.ofFrame(&f, info)
}

func checkLink(link layers.LinkType) error {
	if link == layers.LinkTypeEthernet {
		return nil
	}
	return fmt.Errorf("link type %d (%s): only Ethernet frames can be replayed; "+
		"capture on an interface, not on `any`", uint16(link), link)
}
