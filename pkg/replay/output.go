package replay

import (
	"fmt"
	"io"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"synscreen/pkg/dataplane"
)

// output writes what leaves as a pcapng file with one interface for each port.
type output struct {
	file  *pcapgo.NgWriter
	index map[string]int
}

// newOutput begins a file. The library writes the first interface with the file's head.
func newOutput(to io.Writer, ports *Ports) (*output, error) {
	o := &output{index: map[string]int{}}
	for i, port := range ports.all {
		described := pcapgo.NgInterface{
			Name:        port.Name,
			Description: "what leaves by " + port.Name,
			LinkType:    layers.LinkTypeEthernet,
		}
		var err error
		if i == 0 {
			o.file, err = pcapgo.NewNgWriterInterface(to, described, pcapgo.NgWriterOptions{
				SectionInfo: pcapgo.NgSectionInfo{Application: "synscreen replay"},
			})
		} else {
			_, err = o.file.AddInterface(described)
		}
		if err != nil {
			return nil, fmt.Errorf("begin the output: %w", err)
		}
		o.index[port.Name] = i
	}
	return o, nil
}

// write adds a frame that left at a time.
func (o *output) write(frame dataplane.ReplayOutput, at time.Time) error {
	index, ok := o.index[frame.Interface]
	if !ok {
		return fmt.Errorf("write what left by %q: no such port", frame.Interface)
	}
	err := o.file.WritePacketWithOptions(gopacket.CaptureInfo{
		Timestamp:      at,
		CaptureLength:  len(frame.Data),
		Length:         len(frame.Data),
		InterfaceIndex: index,
	}, frame.Data, pcapgo.NgPacketOptions{
		Flags: &pcapgo.NgEpbFlags{Direction: pcapgo.NgEpbFlagDirectionOutbound},
	})
	if err != nil {
		return fmt.Errorf("write the output: %w", err)
	}
	return nil
}

func (o *output) flush() error {
	if err := o.file.Flush(); err != nil {
		return fmt.Errorf("write the output: %w", err)
	}
	return nil
}
