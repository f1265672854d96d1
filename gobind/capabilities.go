package gobind

// #include <synscreen/engine.h>
import "C"

import (
	"cmp"
	"slices"

	"synscreen/pkg/dataplane"
)

// Capabilities is screen_engine_capabilities().
func (e *Engine) Capabilities() (dataplane.Capabilities, error) {
	if err := e.check(); err != nil {
		return dataplane.Capabilities{}, err
	}
	raw := new(C.struct_screen_capabilities)
	if rc := C.screen_engine_capabilities(e.handle, raw); rc < 0 {
		return dataplane.Capabilities{}, newError(rc, &C.struct_screen_error_info{})
	}
	return newCapabilities(raw), nil
}

func newCapabilities(raw *C.struct_screen_capabilities) dataplane.Capabilities {
	out := dataplane.Capabilities{
		Mint:            newProof(&raw.mint),
		Validate:        newProof(&raw.validate),
		Splice:          newProof(&raw.splice),
		Keyset:          newProof(&raw.keyset),
		KernelAdmission: newProof(&raw.kernel_admission),
		KernelCookies:   newProof(&raw.kernel_cookies),
		Staged:          raw.staged != 0,
		Ports:           []dataplane.PortProof{},
		Zones:           []dataplane.ZoneProof{},
	}
	for i := range bounded(raw.ports[:], raw.ports_count) {
		port := &raw.ports[i]
		out.Ports = append(out.Ports, dataplane.PortProof{
			Interface: text(port.ifname[:]),
			Published: port.published != 0,
			Transmit:  newProof(&port.tx),
			Answer:    newProof(&port.answer),
			Pass:      newProof(&port.pass),
		})
	}
	for i := range bounded(raw.zones[:], raw.zones_count) {
		zone := &raw.zones[i]
		out.Zones = append(out.Zones, dataplane.ZoneProof{
			Zone: text(zone.name[:]), Splice: newProof(&zone.splice),
		})
	}
	slices.SortFunc(out.Zones, func(a, b dataplane.ZoneProof) int { return cmp.Compare(a.Zone, b.Zone) })
	slices.SortFunc(out.Ports, func(a, b dataplane.PortProof) int {
		return cmp.Compare(a.Interface, b.Interface)
	})
	return out
}

func newProof(raw *C.struct_screen_proof) dataplane.Proof {
	proof := dataplane.Proof{Answer: dataplane.Answer(raw.answer), Reason: text(raw.reason[:])}
	if proof.Answer != dataplane.Yes && proof.Answer != dataplane.No {
		proof.Answer = dataplane.Unknown
	}
	return proof
}

// bounded gives the part of an array that is in use; a count beyond the array counts as its length.
func bounded[T any](array []T, count C.uint32_t) []T {
	return array[:min(uint64(count), uint64(len(array)))]
}
