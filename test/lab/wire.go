package lab

import (
	"context"
	"fmt"
	"os"
	"testing"
)

// The addresses of a WireLab. Legitimate clients live inside the prefixes that a flood spoofs.
const (
	ServerAddr4    = "203.0.113.10"
	ServerAddr6    = "2001:db8:113::10"
	SpoofedPrefix4 = "198.18.0.0/16"
	SpoofedPrefix6 = "2001:db8:18::/64"

	ClientMAC   = "02:00:00:00:01:01"
	AttackerMAC = "02:00:00:00:02:01"
	ServerMAC   = "02:00:00:00:03:01"
	OuterMAC    = "02:00:00:00:04:01"
	InnerMAC    = "02:00:00:00:04:02"

	EndDev   = "eth0"  // the one device of client, attacker and server
	OuterDev = "outer" // the wire's port towards clients
	InnerDev = "inner" // the wire's port towards the server
)

const (
	bridgeDev = "br0"

	// next hops of the server, permanent neighbours that stand for a MAC
	viaClient4, viaAttacker4 = "203.0.113.251", "203.0.113.252"
	viaClient6, viaAttacker6 = "2001:db8:113::fb", "2001:db8:113::fc"
)

// ClientAddr4 is the IPv4 address of legitimate client i, counted from 0.
func ClientAddr4(i int) string { return fmt.Sprintf("198.18.10.%d", i+1) }

// ClientAddr6 is the IPv6 address of legitimate client i, counted from 0.
func ClientAddr6(i int) string { return fmt.Sprintf("2001:db8:18::a:%x", i+1) }

// checksumsVariable: "whole" has the ends of all wires write whole checksums, which a driver passes on; a
// checksum that is left to a device goes by the engine.
const checksumsVariable = "SYNSCREEN_LAB_CHECKSUMS"

// WireOptions shape a WireLab; the zero value is one queue, MTU 1500, TX checksum offload left on,
// no VLAN, one client address.
type WireOptions struct {
	Queues      int  // of every veth end
	MTU         int  // of every device
	ChecksumOff bool // switch TX checksum offload off at the stacks
	ChecksumOn  bool // leave it on, whatever the environment says
	VLAN        int  // everybody speaks inside this 802.1Q tag
	Clients     int  // legitimate client addresses, at most 200
	WireIPv6    bool // leave IPv6 on in the wire's namespace: its ports speak for themselves
	NoNAPI      bool // no NAPI (by GRO) at the far ends of the wire's ports: they take nothing of XDP programs

	ClientLink, ServerLink *BadLink // the link between the LAN and the wire, the wire and the server
	ClientMTU, ServerMTU   int      // of the links of a router in front of the client, the server; 0: no router
}

// WireLab is the network in which a wire is tried:
//
//	client   eth0 --+
//	                +-- lan (bridge) -- outer [wire] inner -- eth0 server
//	attacker eth0 --+
//
// synscreen, or JoinBridge, joins outer and inner. The client reaches the server on-link, the server
// has host routes to the client's addresses and sends what it answers to any other to the attacker,
// who discards it. A router, where one is asked for, is right before client or server, a bad link
// right before or behind the wire.
type WireLab struct {
	*Lab
	Client, Attacker, LAN, Wire, Server *Namespace
	ClientRouter                        *Namespace // with ClientMTU; "near" is its device towards the wire
	ClientRelay, ServerRelay            *Relay     // bad links; nil where there is none

	options WireOptions
	host    bool                          // there is no wire: see NewHost
	later   []func(context.Context) error // what machines on the way do once their cables are there
}

// WireForTest makes a WireLab that ends with the test.
func WireForTest(t testing.TB, options WireOptions) *WireLab {
	t.Helper()
	w, err := ForTest(t).NewWire(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// BridgeForTest makes a WireLab that ends with the test, whose ports a bridge joins.
func BridgeForTest(t testing.TB, options WireOptions) *WireLab {
	t.Helper()
	w := WireForTest(t, options)
	if err := w.JoinBridge(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w
}

// NewWire builds a WireLab in the lab; the lab's Close takes it away, also after an error.
func (l *Lab) NewWire(ctx context.Context, options WireOptions) (*WireLab, error) {
	return l.build(ctx, &WireLab{Lab: l, options: options.withDefaults()})
}

func (l *Lab) build(ctx context.Context, w *WireLab) (*WireLab, error) {
	steps := []func(context.Context) error{
		w.makeNamespaces, w.makeCables, w.makeLAN, w.addressClient, w.addressAttacker,
		w.AddressServer, w.setOffloads, w.beginWays,
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return nil, fmt.Errorf("lab: wire: %w", err)
		}
	}
	return w, nil
}

func (o WireOptions) withDefaults() WireOptions {
	o.Queues = max(o.Queues, 1)
	o.Clients = max(o.Clients, 1)
	if o.MTU == 0 {
		o.MTU = 1500
	}
	return o
}

// makeNamespaces makes the five machines, without a wire four. What only forwards has no IPv6 of its own: it
// would send multicast reports.
func (w *WireLab) makeNamespaces(ctx context.Context) error {
	for role, to := range map[string]**Namespace{"client": &w.Client, "attacker": &w.Attacker,
		"lan": &w.LAN, "wire": &w.Wire, "server": &w.Server} {
		if role == "wire" && w.host {
			continue
		}
		n, err := w.machine(ctx, role, role == "lan" || role == "wire" && !w.options.WireIPv6)
		if err != nil {
			return err
		}
		*to = n
	}
	if w.host {
		w.Wire = w.Server
	}
	return nil
}

// machine makes a namespace; a silent one has no IPv6.
func (w *WireLab) machine(ctx context.Context, role string, silent bool) (*Namespace, error) {
	n, err := w.Namespace(ctx, role)
	if err != nil {
		return nil, err
	}
	off := map[bool]int{true: 1}[silent]
	for _, scope := range []string{"all", "default"} {
		key := fmt.Sprintf("-net.ipv6.conf.%s.disable_ipv6=%d", scope, off)
		if err := n.Sysctl(ctx, key); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// makeLAN joins client, attacker and wire. The bridge knows from the start where everybody is: an
// address still unknown would be flooded to all.
func (w *WireLab) makeLAN(ctx context.Context) error {
	if err := w.LAN.Bridge(ctx, bridgeDev, "client", "attacker", "wire"); err != nil {
		return err
	}
	for dev, mac := range map[string]string{"client": ClientMAC, "attacker": AttackerMAC,
		"wire": ServerMAC} {
		_, err := w.LAN.Run(ctx, "bridge", "fdb", "add", mac, "dev", dev, "master", "static")
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *WireLab) addressClient(ctx context.Context) error {
	var lines []string
	for i := range w.options.Clients {
		lines = append(lines, "addr add "+ClientAddr4(i)+"/32 dev eth0",
			"addr add "+ClientAddr6(i)+"/128 dev eth0 nodad")
	}
	if w.options.ClientMTU != 0 || w.options.ServerMTU != 0 {
		lines = append(lines, "route add "+routersPrefix4+" dev eth0", "route add "+routersPrefix6+" dev eth0")
	}
	return w.Client.IP(ctx, append(lines, toServer(ClientAddr4(0), ClientAddr6(0))...)...)
}

func toServer(source4, source6 string) []string {
	return []string{
		"route add " + ServerAddr4 + "/32 dev eth0 src " + source4,
		"route add " + ServerAddr6 + "/128 dev eth0 src " + source6,
		"neigh add " + ServerAddr4 + " lladdr " + ServerMAC + " dev eth0 nud permanent",
		"neigh add " + ServerAddr6 + " lladdr " + ServerMAC + " dev eth0 nud permanent",
	}
}

// The attacker has addresses outside the spoofed prefixes for tools that want one, and discards
// all that comes back before its stack can spend time on it.
func (w *WireLab) addressAttacker(ctx context.Context) error {
	const own4, own6 = "192.0.2.66", "2001:db8:66::66"
	lines := append([]string{"addr add " + own4 + "/32 dev eth0",
		"addr add " + own6 + "/128 dev eth0 nodad"}, toServer(own4, own6)...)
	if err := w.Attacker.IP(ctx, lines...); err != nil {
		return err
	}
	return w.Attacker.Discard(ctx, EndDev)
}

// AddressServer gives the server its addresses and routes, and again after its link was down, which
// takes most of them away.
func (w *WireLab) AddressServer(ctx context.Context) error {
	lines := []string{
		"addr replace " + ServerAddr4 + "/24 dev eth0",
		"addr replace " + ServerAddr6 + "/64 dev eth0 nodad",
		"neigh replace " + viaClient4 + " lladdr " + ClientMAC + " dev eth0 nud permanent",
		"neigh replace " + viaClient6 + " lladdr " + ClientMAC + " dev eth0 nud permanent",
		"neigh replace " + viaAttacker4 + " lladdr " + AttackerMAC + " dev eth0 nud permanent",
		"neigh replace " + viaAttacker6 + " lladdr " + AttackerMAC + " dev eth0 nud permanent",
		"route replace default via " + viaAttacker4 + " dev eth0",
		"route replace default via " + viaAttacker6 + " dev eth0",
	}
	for i := range w.options.Clients {
		lines = append(lines, "route replace "+ClientAddr4(i)+"/32 via "+viaClient4+" dev eth0",
			"route replace "+ClientAddr6(i)+"/128 via "+viaClient6+" dev eth0")
	}
	return w.Server.IP(ctx, lines...)
}

// DiscardAnswers throws away what is sent to the attacker as soon as it has left the wire: who the
// forged addresses belong to does not matter, and the machine has other things to do.
func (w *WireLab) DiscardAnswers(ctx context.Context) error {
	_, err := w.LAN.Run(ctx, "nft", "table netdev answers { chain arrivals { "+
		"type filter hook ingress device wire priority 0; ether daddr "+AttackerMAC+" drop; }; }")
	return err
}

// RouteToClient is the line of `ip` by which the server finds a prefix behind the client.
func (w *WireLab) RouteToClient(prefix string) string {
	return "route replace " + prefix + " via " + viaClient4 + " dev " + EndDev
}

// setOffloads also adds the tags, the attacker's first: what it says untagged, multicast reports,
// would be counted at the client. Its floods go past the tc program and bring a tag of their own.
func (w *WireLab) setOffloads(ctx context.Context) error {
	for _, n := range []*Namespace{w.Attacker, w.Client, w.Server} {
		if w.options.ChecksumOff || (!w.options.ChecksumOn && os.Getenv(checksumsVariable) == "whole") {
			if err := n.Ethtool(ctx, EndDev, "tx", "off"); err != nil {
				return err
			}
		}
		if w.options.ClientLink != nil || w.options.ServerLink != nil {
			if err := n.Ethtool(ctx, EndDev, "tx", "off", "tso", "off", "gso", "off"); err != nil {
				return err
			}
		}
		if w.options.VLAN != 0 {
			if err := n.AddTag(ctx, EndDev, w.options.VLAN); err != nil {
				return err
			}
		}
	}
	// the bridge takes a tag into the skb's metadata, and a veth with an XDP program loses it there
	err := w.LAN.Ethtool(ctx, "wire", "txvlan", "off", "tx-vlan-stag-hw-insert", "off")
	if err != nil || w.options.NoNAPI {
		return err
	}
	if err := w.LAN.Ethtool(ctx, "wire", "gro", "on"); err != nil {
		return err
	}
	return w.Server.Ethtool(ctx, EndDev, "gro", "on")
}

// JoinBridge joins the wire's ports by a plain kernel bridge: the network without synscreen.
func (w *WireLab) JoinBridge(ctx context.Context) error {
	return w.Wire.Bridge(ctx, bridgeDev, OuterDev, InnerDev)
}

// LeaveBridge takes JoinBridge's bridge away.
func (w *WireLab) LeaveBridge(ctx context.Context) error {
	return w.Wire.IP(ctx, "link del dev "+bridgeDev)
}

// ResolveServer makes the client find the server by ARP and neighbour discovery, through the wire,
// in place of the permanent neighbours.
func (w *WireLab) ResolveServer(ctx context.Context) error {
	return w.Client.IP(ctx, "neigh del "+ServerAddr4+" dev eth0",
		"neigh del "+ServerAddr6+" dev eth0")
}

// URL is the address of a path on the server, for family 4 or 6.
func URL(family, port int, path string) string {
	host := ServerAddr4
	if family == 6 {
		host = "[" + ServerAddr6 + "]"
	}
	return fmt.Sprintf("http://%s:%d%s", host, port, path)
}

// Curl fetches a URL from the client; the limit is in seconds, further arguments are curl's.
func (w *WireLab) Curl(ctx context.Context, url string, seconds int, args ...string) (string, error) {
	args = append([]string{"curl", "-sS", "--fail", "--noproxy", "*", "--max-time",
		fmt.Sprint(seconds)}, append(args, url)...)
	return w.Client.Run(ctx, args...)
}
