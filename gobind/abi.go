// Package gobind is the only cgo in the program: one thin wrapper for each function of engine.h and
// explain.h in csrc/include/synscreen. It copies values in and out; neither side keeps the other's memory.
package gobind

/*
#cgo CFLAGS: -I${SRCDIR}/../csrc/include
#cgo LDFLAGS: -L${SRCDIR}/../build/lib -lsynscreen -Wl,-rpath,$ORIGIN/../lib
#include <synscreen/engine.h>

// An enumerator is invisible to #if, so that this is what #error is elsewhere.
_Static_assert(SCREEN_ABI_VERSION == 7, "gobind is written for ABI version 7: bring it up to date");
*/
import "C"

import "fmt"

// ABIVersion is the version of the headers that this package was compiled with.
const ABIVersion = uint32(C.SCREEN_ABI_VERSION)

// Reasons and ShimCounters are the lengths of a port's two lists of counters.
const (
	Reasons      = C.SCREEN_REASONS
	ShimCounters = C.SCREEN_SHIM_COUNTERS
)

// LibraryVersion is screen_abi_version().
func LibraryVersion() uint32 { return uint32(C.screen_abi_version()) }

// checkABI compares the loaded library with the headers of this build.
func checkABI() error {
	if got := LibraryVersion(); got != ABIVersion {
		return fmt.Errorf("load libsynscreen.so: its ABI version is %d, this program needs %d; "+
			"install the library that was built with this program", got, ABIVersion)
	}
	return nil
}
