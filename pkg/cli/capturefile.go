package cli

import (
	"fmt"
	"io"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"synscreen/pkg/dataplane"
)

// captureFile writes frames of one interface as pcapng.
type captureFile struct{ writer *pcapgo.NgWriter }

func newCaptureFile(to io.Writer, ifname string) (*captureFile, error) {
	writer, err := pcapgo.NewNgWriterInterface(to, pcapgo.NgInterface{
		Name:       ifname,
		LinkType:   layers.LinkTypeEthernet,
		SnapLength: dataplane.TapSnapMax,
	}, pcapgo.NgWriterOptions{SectionInfo: pcapgo.NgSectionInfo{Application: "synscreen monitor traffic"}})
	if err != nil {
		return nil, fmt.Errorf("begin the file: %w", err)
	}
	return &captureFile{writer: writer}, nil
}

// write adds a frame, with what became of it as its comment.
func (c *captureFile) write(frame dataplane.TapFrame) error {
	options := pcapgo.NgPacketOptions{Flags: &pcapgo.NgEpbFlags{Direction: pcapgo.NgEpbFlagDirectionOutbound}}
	if frame.Side == dataplane.TapIn {
		options.Flags.Direction = pcapgo.NgEpbFlagDirectionInbound
		options.Comments = []string{frame.Verdict.String() + " " + frame.Reason}
	}
	err := c.writer.WritePacketWithOptions(gopacket.CaptureInfo{
		Timestamp:     frame.Time,
		CaptureLength: len(frame.Data),
		Length:        int(frame.Length),
	}, frame.Data, options)
	if err != nil {
		return fmt.Errorf("write frames: %w", err)
	}
	return nil
}

func (c *captureFile) flush() error {
	if err := c.writer.Flush(); err != nil {
		return fmt.Errorf("write frames: %w", err)
	}
	return nil
}
