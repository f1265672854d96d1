package lab

import (
	"context"
	"fmt"
)

// End is one end of a virtual cable.
type End struct {
	In  *Namespace
	Dev string
	MAC string
}

// Cable joins two ends by a veth pair with a number of queues, and brings both up. No addresses
// come by themselves: IPv6 sends nothing of its own accord.
func Cable(ctx context.Context, a, b End, queues, mtu int) error {
	each := fmt.Sprintf("mtu %d numrxqueues %d numtxqueues %d", mtu, queues, queues)
	err := a.In.IP(ctx, fmt.Sprintf("link add name %s address %s %s type veth "+
		"peer name %s address %s %s netns %s", a.Dev, a.MAC, each, b.Dev, b.MAC, each, b.In.Name))
	if err != nil {
		return err
	}
	for _, end := range []End{a, b} {
		if err := end.up(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (e End) up(ctx context.Context) error {
	ipv6 := "-net.ipv6.conf." + e.Dev + "."
	err := e.In.Sysctl(ctx, ipv6+"accept_dad=0", ipv6+"accept_ra=0",
		ipv6+"router_solicitations=0", ipv6+"addr_gen_mode=1")
	if err != nil {
		return err
	}
	return e.In.IP(ctx, "link set dev "+e.Dev+" up")
}

// Bridge joins devices of a namespace by a plain kernel bridge that is no more than a wire: no
// multicast snooping, no spanning tree, no packet filter, no addresses.
func (n *Namespace) Bridge(ctx context.Context, name string, devs ...string) error {
	err := n.Sysctl(ctx, "-net.bridge.bridge-nf-call-iptables=0",
		"-net.bridge.bridge-nf-call-ip6tables=0", "-net.bridge.bridge-nf-call-arptables=0")
	if err != nil {
		return err
	}
	err = n.IP(ctx, "link add name "+name+" type bridge mcast_snooping 0 stp_state 0")
	if err != nil {
		return err
	}
	if err := n.Sysctl(ctx, "-net.ipv6.conf."+name+".disable_ipv6=1"); err != nil {
		return err
	}
	lines := []string{"link set dev " + name + " up"}
	for _, dev := range devs {
		lines = append(lines, "link set dev "+dev+" master "+name,
			"link set dev "+dev+" type bridge_slave group_fwd_mask 0xfffd")
	}
	return n.IP(ctx, lines...)
}

// Discard throws away all that arrives at a device, before the stack can spend time on it; the
// interface's counters still see it.
func (n *Namespace) Discard(ctx context.Context, dev string) error {
	_, err := n.Run(ctx, "nft", "table netdev discard { chain arrivals { "+
		"type filter hook ingress device "+dev+" priority 0; policy drop; }; }")
	return err
}
