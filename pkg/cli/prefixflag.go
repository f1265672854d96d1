package cli

import (
	"fmt"
	"net/netip"
)

// prefixFlag is a flag that takes a prefix, or an address, which is a prefix of its own.
type prefixFlag struct{ netip.Prefix }

// Type names the value in the help.
func (p *prefixFlag) Type() string { return "PREFIX" }

// String gives the prefix; empty when there is none.
func (p *prefixFlag) String() string {
	if !p.IsValid() {
		return ""
	}
	return p.Prefix.String()
}

// Set takes a prefix or an address.
func (p *prefixFlag) Set(text string) error {
	if addr, err := netip.ParseAddr(text); err == nil {
		addr = addr.Unmap()
		p.Prefix = netip.PrefixFrom(addr, addr.BitLen())
		return nil
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return fmt.Errorf("not a prefix such as 192.0.2.0/24")
	}
	p.Prefix = prefix.Masked()
	return nil
}
