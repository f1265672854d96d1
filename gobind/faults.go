//go:build faults

package gobind

/*
#include <stdint.h>

// Exported by a test build of the library alone.
void screen_test_set_faults(uint32_t mask);
*/
import "C"

// What screen_test_set_faults() breaks, one bit each.
const (
	FaultMint     uint32 = 1 << iota // the known answers of minting
	FaultValidate                    // the known answers of checking
	FaultTransmit                    // transmission of the port with the highest index
	FaultAnswer                      // what the driver of that port does with answers
	FaultPass                        // and with what its peer redirects to it
)

// SetFaults is screen_test_set_faults(): what is in the mask is broken from now on, the rest is mended.
func SetFaults(mask uint32) { C.screen_test_set_faults(C.uint32_t(mask)) }
