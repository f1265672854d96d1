package cli

import (
	"errors"
	"fmt"
	"net/netip"
)

// endpoint is a flag that takes an address and a port.
type endpoint struct{ netip.AddrPort }

// Type names the value in the help.
func (e *endpoint) Type() string { return "ADDR:PORT" }

// String gives the address and port; empty when there is none.
func (e *endpoint) String() string {
	if !e.IsValid() {
		return ""
	}
	return e.AddrPort.String()
}

// Set takes an address and a port.
func (e *endpoint) Set(text string) error {
	parsed, err := netip.ParseAddrPort(text)
	switch addr := parsed.Addr(); {
	case err != nil:
		return errors.New("not an address and port such as 192.0.2.1:443 or [2001:db8::1]:443")
	case addr.Is4In6():
		return fmt.Errorf("an IPv4 address in IPv6 form; write %s", netip.AddrPortFrom(addr.Unmap(), parsed.Port()))
	case addr.Zone() != "":
		return fmt.Errorf("an address with a zone; leave %%%s out", addr.Zone())
	}
	e.AddrPort = parsed
	return nil
}
