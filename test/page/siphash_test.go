package page

import "testing"

// The test value of the paper's appendix A.
func TestSipHashOfThePaper(t *testing.T) {
	var key [16]byte
	var input []byte

	for i := range key {
		key[i] = byte(i)
	}
	for i := range 15 {
		input = append(input, byte(i))
	}
	if got := sipHash(key, input); got != 0xa129ca6149be45e5 {
		t.Errorf("%016x", got)
	}
}
