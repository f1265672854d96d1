package lab

import (
	"context"
	"fmt"
)

// Where routers say ICMP errors from: neither end's network.
const routersPrefix4, routersPrefix6 = "198.51.100.0/24", "2001:db8:51::/64"

// party is who speaks behind one side of a router.
type party struct {
	mac       string
	addresses []string
}

func (w *WireLab) clientParty() party {
	p := party{mac: ClientMAC}
	for i := range w.options.Clients {
		p.addresses = append(p.addresses, ClientAddr4(i), ClientAddr6(i))
	}
	return p
}

func serverParty() party { return party{ServerMAC, []string{ServerAddr4, ServerAddr6}} }

// router is a machine between an end of the lab and everybody else. To each side it has the link-layer
// address of who is behind the other, so nobody's neighbours change because it is there.
type router struct {
	in         *Namespace
	number     int   // of its addresses
	end, other party // behind its devices far and near
}

// insertRouter makes a router between `at` and the end of the lab that is behind the End it returns.
// Its links carry packets of up to mtu bytes.
func (w *WireLab) insertRouter(ctx context.Context, role string, r router, mtu int, at End) (End, error) {
	var err error
	if r.in, err = w.machine(ctx, role, false); err != nil {
		return End{}, err
	}
	w.later = append(w.later, func(ctx context.Context) error { return r.begin(ctx, mtu) })
	return End{r.in, "far", r.other.mac}, w.cable(ctx, at, End{r.in, "near", r.end.mac})
}

// begin also routes to both sides by links of an MTU. It is the routes' alone: a device that is itself
// narrow would lose what its peer sends, in place of answering it.
func (r *router) begin(ctx context.Context, mtu int) error {
	err := r.in.Sysctl(ctx, "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
	if err != nil {
		return err
	}
	lines := []string{fmt.Sprintf("addr add 198.51.100.%d/32 dev near", r.number),
		fmt.Sprintf("addr add 2001:db8:51::%d/128 dev near nodad", r.number)}
	for dev, p := range map[string]party{"far": r.end, "near": r.other} {
		for _, address := range p.addresses {
			lines = append(lines, "neigh add "+address+" lladdr "+p.mac+" dev "+dev+" nud permanent",
				fmt.Sprintf("route add %s dev %s mtu %d", address, dev, mtu))
		}
	}
	return r.in.IP(ctx, lines...)
}
