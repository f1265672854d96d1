package dataplane

import "strings"

// hostPrefix begins the names of counters that host ports alone have.
const hostPrefix = "shim_host_"

// askedCounter counts questions; all others of host ports count frames.
const askedCounter = hostPrefix + "asked"

// OfHosts says whether host ports alone have the counter.
func (c ShimCount) OfHosts() bool { return strings.HasPrefix(c.Counter, hostPrefix) }

// OfFrames says whether the counter counts frames.
func (c ShimCount) OfFrames() bool { return c.Counter != askedCounter }

// Asked is how often the kernel was asked whether a listener of this port overflows.
func (p PortStatus) Asked() uint64 { return p.shim(askedCounter) }

// shim gives one counter of the shim, 0 when there is none of that name.
func (p PortStatus) shim(name string) uint64 {
	for _, c := range p.Shim {
		if c.Counter == name {
			return c.Frames
		}
	}
	return 0
}

// HostPort is what became of the SYNs and the answers to challenges at one host port.
type HostPort struct {
	Interface     string    `json:"interface"`
	Zone          string    `json:"zone"`
	Admission     Admission `json:"admission"`
	Asked         uint64    `json:"asked"`          // times that the kernel was asked whether a listener overflows
	Admitted      uint64    `json:"admitted"`       // connections that listeners got for valid cookies
	NotAdmitted   uint64    `json:"not_admitted"`   // valid cookies that the kernel refused
	KernelCookies uint64    `json:"kernel_cookies"` // the kernel's own, which were let through
	Invalid       uint64    `json:"invalid"`        // answers that were neither, dropped
	Punted        uint64    `json:"punted"`         // SYNs left to the kernel's cookies
}

// HostPorts gives the host ports among ports, in their order.
func HostPorts(ports []PortStatus) []HostPort {
	hosts := []HostPort{}
	for _, p := range ports {
		if p.Host {
			hosts = append(hosts, HostPort{
				Interface: p.Interface, Zone: p.Zone, Admission: p.Admission, Asked: p.Asked(),
				Admitted: p.shim(hostPrefix + "admitted"), NotAdmitted: p.shim(hostPrefix + "not_admitted"),
				KernelCookies: p.shim(hostPrefix + "kernel_cookie"), Invalid: p.shim(hostPrefix + "cookie_invalid"),
				Punted: p.shim(hostPrefix + "punted"),
			})
		}
	}
	return hosts
}
