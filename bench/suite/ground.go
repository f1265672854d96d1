package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"time"

	"synscreen/bench/visiting"
	"synscreen/test/lab"
)

// The processors: the attacker has one, all that is measured the other. Where there are more, they idle.
const (
	attackerCPU = "0"
	systemCPU   = "1"
)

const (
	outsideDev, frontDev, innerDev, serverDev = "eth0", "outer", "inner", "eth0"

	outsideMAC, frontMAC = "02:00:00:00:01:01", "02:00:00:00:04:01"
	innerMAC, serverMAC  = "02:00:00:00:04:02", "02:00:00:00:03:01"

	serverAddr     = lab.ServerAddr4
	outsidePrefix  = "198.18.0.0/15" // spoofed 198.18.0.0/16, and visitors beside it
	viaOutside     = "203.0.113.251" // stands for the outside's MAC
	boxAddr        = "203.0.113.1"
	boxOutsideAddr = "192.0.2.1"
	boxViaOutside  = "192.0.2.2"
)

const stormLate = time.Minute // after its end: then it is killed

// visitors have addresses beside the spoofed ones.
var visitors = visiting.Sources{First: netip.AddrFrom4([4]byte{198, 19, 0, 1}), Count: 40}

// way is how a ground is built: where the server is, as seen from outside.
type way int

const (
	direct way = iota // outside eth0 -- outer server
	wire              // outside eth0 -- outer [box] inner -- eth0 server: no addresses in the box
	routed            // the same, and the box routes
)

// ground is where a system is tried: clients and attacker outside, on one cable, so that both share the
// queue of the protected port, `outer`; and a server, behind a box or not.
//
// outer is polled by a thread of its own, on the system's processor: a storm is an open loop, and what
// finds a full queue is lost, as on a network card. What comes back is counted by the attacker's, which
// comes before the storm there: no answer is lost.
type ground struct {
	*lab.Lab
	outside, front, server *lab.Namespace // front has the protected port
	way                    way
}

// newGround builds one, with nothing in the box yet; close takes it away.
func newGround(ctx context.Context, w way) (g *ground, err error) {
	l, err := lab.New()
	if err != nil {
		return nil, err
	}
	g = &ground{Lab: l, way: w}
	for _, step := range []func(context.Context) error{
		g.makeNamespaces, g.makeCables, g.address, g.poll, g.listen,
	} {
		if err := step(ctx); err != nil {
			return nil, fmt.Errorf("ground: %w", joinClose(err, l))
		}
	}
	return g, nil
}

func (g *ground) makeNamespaces(ctx context.Context) (err error) {
	if g.outside, err = g.Namespace(ctx, "outside"); err != nil {
		return err
	}
	if g.server, err = g.Namespace(ctx, "server"); err != nil {
		return err
	}
	g.front = g.server
	if g.way != direct {
		g.front, err = g.Namespace(ctx, "box")
	}
	if err != nil {
		return err
	}
	for _, n := range []*lab.Namespace{g.outside, g.server, g.front} {
		err := n.Sysctl(ctx, "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1",
			"net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.default.rp_filter=0")
		if err != nil {
			return err
		}
	}
	return nil
}

func (g *ground) makeCables(ctx context.Context) error {
	err := lab.Cable(ctx, lab.End{In: g.outside, Dev: outsideDev, MAC: outsideMAC},
		lab.End{In: g.front, Dev: frontDev, MAC: frontMAC}, 1, 1500)
	if err == nil && g.way != direct {
		err = lab.Cable(ctx, lab.End{In: g.front, Dev: innerDev, MAC: innerMAC},
			lab.End{In: g.server, Dev: serverDev, MAC: serverMAC}, 1, 1500)
	}
	if err != nil {
		return err
	}
	// The kernel keeps a quarter of a full queue for clients that it has spoken to before: visitors shall be
	// those that nobody knows yet.
	if err := g.server.Sysctl(ctx, "net.ipv4.tcp_no_metrics_save=1"); err != nil {
		return err
	}
	// Checksums whole, no segmentation offload: a program on one end would take it from the other, and
	// all systems shall have the same.
	if err := g.outside.Ethtool(ctx, outsideDev, "tx", "off", "tso", "off", "gso", "off"); err != nil {
		return err
	}
	// and NAPI at the server, without which it takes nothing that an XDP program redirects to it
	return g.server.Ethtool(ctx, g.serverDev(), "tx", "off", "tso", "off", "gso", "off", "gro", "on")
}

func (g *ground) serverDev() string {
	if g.way == direct {
		return frontDev
	}
	return serverDev
}

// target is the MAC that frames for the server go to.
func (g *ground) target() string {
	if g.way == wire {
		return serverMAC
	}
	return frontMAC
}

// address gives everybody addresses, routes and permanent neighbours: whoever answers a spoofed address
// has a way to send it.
func (g *ground) address(ctx context.Context) error {
	outside := []string{"route add " + serverAddr + "/32 dev eth0 src " + visitors.First.String(),
		"neigh add " + serverAddr + " lladdr " + g.target() + " dev eth0 nud permanent"}
	for i := range visitors.Count {
		outside = append([]string{"addr add " + visitors.Addr(i).String() + "/32 dev eth0"}, outside...)
	}
	if err := g.outside.IP(ctx, outside...); err != nil {
		return err
	}
	dev, via, mac := g.serverDev(), viaOutside, outsideMAC
	if g.way == routed {
		via, mac = boxAddr, innerMAC
	}
	err := g.server.IP(ctx, "addr add "+serverAddr+"/24 dev "+dev,
		"neigh add "+via+" lladdr "+mac+" dev "+dev+" nud permanent",
		"route add "+outsidePrefix+" via "+via+" dev "+dev)
	if err != nil || g.way != routed {
		return err
	}
	if err := g.front.Sysctl(ctx, "net.ipv4.ip_forward=1"); err != nil {
		return err
	}
	return g.front.IP(ctx, "addr add "+boxAddr+"/24 dev inner", "addr add "+boxOutsideAddr+"/24 dev outer",
		"neigh add "+serverAddr+" lladdr "+serverMAC+" dev inner nud permanent",
		"neigh add "+boxViaOutside+" lladdr "+outsideMAC+" dev outer nud permanent",
		"route add "+outsidePrefix+" via "+boxViaOutside+" dev outer")
}

// poll gives both ends of the cable polling threads, before there is any traffic.
func (g *ground) poll(ctx context.Context) error {
	if err := g.front.Ethtool(ctx, frontDev, "gro", "on"); err != nil {
		return err
	}
	if err := threadOn(ctx, g.front, frontDev, systemCPU, false); err != nil {
		return err
	}
	// the program that counts answers is what gives this end something to be polled by
	if _, err := g.outside.Run(ctx, append(g.stormCommand(), "--milliseconds", "0")...); err != nil {
		return err
	}
	return threadOn(ctx, g.outside, outsideDev, attackerCPU, true)
}

// threadOn gives a port a polling thread on a processor; first: before all else there.
func threadOn(ctx context.Context, n *lab.Namespace, dev, cpu string, first bool) error {
	before := lab.PollThreads(dev)
	if err := n.ThreadNAPI(ctx, dev); err != nil {
		return err
	}
	for pid := range lab.PollThreads(dev) {
		if before[pid] {
			continue
		}
		if err := exec.CommandContext(ctx, "taskset", "-cp", cpu, strconv.Itoa(pid)).Run(); err != nil {
			return fmt.Errorf("taskset: %w", err)
		}
		if first {
			if err := exec.CommandContext(ctx, "chrt", "--fifo", "--pid", "1", strconv.Itoa(pid)).Run(); err != nil {
				return fmt.Errorf("chrt: %w", err)
			}
		}
	}
	return nil
}

// stormResult is what a storm has come to.
type stormResult struct {
	Sent    float64 `json:"sent"`
	Answers float64 `json:"answers"`
	Others  float64 `json:"others"`
	Seconds float64 `json:"seconds"`
}

func (g *ground) stormCommand() []string {
	binary, err := lab.Built("c/bench/bench-storm")
	if err != nil {
		binary = "bench-storm" // which says so
	}
	return []string{"taskset", "-c", attackerCPU, binary, "--interface", outsideDev,
		"--destination", serverAddr, "--dmac", g.target()}
}

// startStorm starts a storm of so many SYNs a second, or of what else bench-storm is told to send; maximum: as
// many as can be.
func (g *ground) startStorm(rate, milliseconds int, what ...string) (*lab.Process, error) {
	if rate == maximum {
		rate = 0
	}
	command := append(g.stormCommand(), "--rate", strconv.Itoa(rate), "--milliseconds", strconv.Itoa(milliseconds))
	return g.outside.Start(append(command, what...)...)
}

// endStorm waits for a storm that ends within this time, and for as much longer as a loaded machine may need:
// its process has the attacker's processor after all else there. One that does not end is killed.
func (g *ground) endStorm(ctx context.Context, storm *lab.Process,
	within time.Duration) (r stormResult, err error) {
	limited, cancel := context.WithTimeout(ctx, within+stormLate)
	defer cancel()
	if err = storm.Wait(limited); err != nil {
		return r, errors.Join(err, storm.Kill())
	}
	return r, json.Unmarshal([]byte(storm.Stdout()), &r)
}

// leave takes the ground away. What was measured on it stays.
func (g *ground) leave() {
	if err := g.Close(); err != nil {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
	}
}
