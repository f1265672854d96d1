package replay

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Bounds of a pcapng file; the format has none.
const (
	interfacesMax = 256
	headBytesMax  = 64 << 10 // of a section's or an interface's block
	blockBytesMax = 1 << 20  // of any other block that is looked at
)

// Kinds of blocks, of draft-ietf-opsawg-pcapng.
const (
	blockInterface = 1
	blockPacket    = 2 // obsolete
	blockSimple    = 3
	blockEnhanced  = 6
	blockSection   = 0x0a0d0d0a // the same in both byte orders

	sectionMagic = 0x1a2b3c4d
)

var errCut = errors.New("the capture ends early")

// blocks is a pcapng file, cleared of what a replay has no use for: pcapgo trusts the lengths in a file
// and keeps what it reads of names, secrets and comments, so that a file could have it keep anything.
// Only whole blocks of sound length pass, of the kinds that describe frames, and packets without their
// options.
type blocks struct {
	r          *bufio.Reader
	order      binary.ByteOrder
	interfaces int
	memory     []byte
	rest       []byte // of the current block
}

// Read gives the bytes of the blocks that pass.
func (b *blocks) Read(to []byte) (int, error) {
	for len(b.rest) == 0 {
		if err := b.next(); err != nil {
			return 0, err
		}
	}
	n := copy(to, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

// next reads one block. One that does not pass leaves nothing.
func (b *blocks) next() error {
	var head [8]byte
	if _, err := io.ReadFull(b.r, head[:]); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return errCut
		}
		return err
	}
	kind := binary.LittleEndian.Uint32(head[:])
	if kind == blockSection {
		if err := b.section(); err != nil {
			return err
		}
	}
	kind, length := b.order.Uint32(head[:]), b.order.Uint32(head[4:])
	least, most := bounds(kind)
	switch {
	case length < least || length%4 != 0:
		return fmt.Errorf("a pcapng block of kind %d has %d bytes", kind, length)
	case most == 0:
		return b.skip(length)
	case length > most:
		return fmt.Errorf("a pcapng block of kind %d has %d bytes, more than %d", kind, length, most)
	}
	return b.take(kind, head, length)
}

// bounds gives the least and the most bytes of a kind of block; no most when it is skipped.
func bounds(kind uint32) (least, most uint32) {
	switch kind {
	case blockSection:
		return 28, headBytesMax
	case blockInterface:
		return 20, headBytesMax
	case blockPacket, blockEnhanced:
		return 32, blockBytesMax
	case blockSimple:
		return 16, blockBytesMax
	}
	return 12, 0
}

// section begins another section, which may be in another byte order.
func (b *blocks) section() error {
	magic, err := b.r.Peek(4)
	switch {
	case err != nil:
		return errCut
	case binary.LittleEndian.Uint32(magic) == sectionMagic:
		b.order = binary.LittleEndian
	case binary.BigEndian.Uint32(magic) == sectionMagic:
		b.order = binary.BigEndian
	default:
		return errors.New("a pcapng section does not tell its byte order")
	}
	b.interfaces = 0
	return nil
}

func (b *blocks) skip(length uint32) error {
	if _, err := io.CopyN(io.Discard, b.r, int64(length)-8); err != nil {
		return cut(err)
	}
	return nil
}

// take reads the rest of a block and lets it pass.
func (b *blocks) take(kind uint32, head [8]byte, length uint32) error {
	if cap(b.memory) < int(length) {
		b.memory = make([]byte, length)
	}
	block := b.memory[:length]
	copy(block, head[:])
	if _, err := io.ReadFull(b.r, block[8:]); err != nil {
		return cut(err)
	}
	if last := b.order.Uint32(block[length-4:]); last != length {
		return fmt.Errorf("the two lengths of a pcapng block differ: %d and %d", length, last)
	}
	var err error
	b.rest, err = b.pass(kind, block)
	return err
}

// pass checks what is in a block.
func (b *blocks) pass(kind uint32, block []byte) ([]byte, error) {
	switch kind {
	case blockSection:
		return block, b.checkOptions(block[24 : len(block)-4])
	case blockInterface:
		if b.interfaces++; b.interfaces > interfacesMax {
			return nil, fmt.Errorf("more than %d interfaces in one pcapng section", interfacesMax)
		}
		return block, b.checkOptions(block[16 : len(block)-4])
	case blockSimple:
		return nil, errors.New("a pcapng simple packet block: it has no time, so that it cannot be replayed")
	}
	return b.trim(block)
}

// checkOptions sees that each option ends within its block.
func (b *blocks) checkOptions(options []byte) error {
	for len(options) > 0 {
		code, length := b.order.Uint16(options), int(b.order.Uint16(options[2:]))
		if code == 0 {
			return nil
		}
		if length = 4 + (length+3)&^3; length > len(options) {
			return fmt.Errorf("option %d of a pcapng block is longer than the block", code)
		}
		options = options[length:]
	}
	return nil
}

// trim takes the options off a packet's block.
func (b *blocks) trim(block []byte) ([]byte, error) {
	captured := b.order.Uint32(block[20:])
	if captured > uint32(len(block))-32 {
		return nil, fmt.Errorf("a packet of %d bytes in a pcapng block of %d", captured, len(block))
	}
	length := 32 + (captured+3)&^3
	block = block[:length]
	b.order.PutUint32(block[4:], length)
	b.order.PutUint32(block[length-4:], length)
	return block, nil
}

// cut names the end of a file within something.
func cut(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errCut
	}
	return err
}
