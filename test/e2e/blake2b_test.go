package e2e

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// blake2bMix is which words of a block each round mixes in, in hexadecimal: SIGMA of RFC 7693, section
// 2.7. Rounds 10 and 11 are 0 and 1 again.
const blake2bMix = "0123456789abcdef" + "ea489fd61c02b753" + "b8c052fdae367194" + "7931dcbe265a40f8" +
	"905724afe1bc683d" + "2c6a0b834d75fe19" + "c51fed4a0763928b" + "db7ec13950f4862a" +
	"6fe9b308c2d714a5" + "a2847615fb9e3cd0" + "0123456789abcdef" + "ea489fd61c02b753"

type blake2bState [8]uint64

func blake2bIV() blake2bState {
	return blake2bState{0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
		0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179}
}

// blake2b is BLAKE2b (RFC 7693) with the salt and the personalisation of the original's parameter
// block. It hashes what tests need, no more: at most one block of input.
func blake2b(key, input, salt, person []byte, size int) []byte {
	const block = 128
	parameters := make([]byte, 64)
	parameters[0], parameters[1], parameters[2], parameters[3] = byte(size), byte(len(key)), 1, 1
	copy(parameters[32:48], salt)
	copy(parameters[48:64], person)
	state := blake2bIV()
	for i := range state {
		state[i] ^= binary.LittleEndian.Uint64(parameters[8*i:])
	}
	text := input
	if len(key) > 0 {
		text = append(append(bytes.Clone(key), make([]byte, block-len(key))...), input...)
	}
	first, rest := text[:min(block, len(text))], text[min(block, len(text)):]
	state.compress(first, len(first), len(rest) == 0)
	if len(rest) > 0 {
		state.compress(rest, len(text), true)
	}
	var out []byte
	for _, word := range state {
		out = binary.LittleEndian.AppendUint64(out, word)
	}
	return out[:size]
}

// compress takes in one block, which is padded; hashed is how many bytes that makes in all.
func (h *blake2bState) compress(block []byte, hashed int, last bool) {
	padded := make([]byte, 128)
	if copy(padded, block) < len(block) {
		panic("blake2b: more input than one block")
	}
	var m, v [16]uint64
	iv := blake2bIV()
	for i := range m {
		m[i] = binary.LittleEndian.Uint64(padded[8*i:])
	}
	copy(v[:8], h[:])
	copy(v[8:], iv[:])
	v[12] ^= uint64(hashed)
	if last {
		v[14] = ^v[14]
	}
	for round := 0; round < len(blake2bMix); round += 16 {
		for i := range 8 {
			x, y := hexDigit(blake2bMix[round+2*i]), hexDigit(blake2bMix[round+2*i+1])
			a, b, c, d := i%4, 4+i%4, 8+i%4, 12+i%4
			if i >= 4 { // the diagonals
				b, c, d = 4+(i+1)%4, 8+(i+2)%4, 12+(i+3)%4
			}
			blake2bG(&v[a], &v[b], &v[c], &v[d], m[x], m[y])
		}
	}
	for i := range h {
		h[i] ^= v[i] ^ v[i+8]
	}
}

func blake2bG(a, b, c, d *uint64, x, y uint64) {
	*a += *b + x
	*d = bits.RotateLeft64(*d^*a, -32)
	*c += *d
	*b = bits.RotateLeft64(*b^*c, -24)
	*a += *b + y
	*d = bits.RotateLeft64(*d^*a, -16)
	*c += *d
	*b = bits.RotateLeft64(*b^*c, -63)
}

func hexDigit(c byte) int {
	if c >= 'a' {
		return int(c-'a') + 10
	}
	return int(c - '0')
}
