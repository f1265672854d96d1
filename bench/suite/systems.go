package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"

	"synscreen/bench/running"
	"synscreen/test/lab"
)

// system is one way to stand a flood. Each has one processor for all it does: polling, answering, the
// server, and whoever is between.
type system struct {
	name       string
	way        way
	start      func(ctx context.Context, g *ground) error
	noSurvival bool // it answers, but admits nobody
}

// systems are what is compared.
var systems = []system{
	{name: "bare server", way: direct, start: syncookies("0")},
	{name: "tcp_syncookies=1", way: direct, start: syncookies("1")},
	{name: "tcp_syncookies=2", way: direct, start: syncookies("2")},
	{name: "nft synproxy", way: routed, start: synproxy},
	{name: "XDP helper", way: direct, start: helper, noSurvival: true},
	{name: "XDP helper, nft synproxy", way: routed, start: helperAndSynproxy},
	{name: "synscreen host", way: direct, start: synscreen(hostConf, "1")},
	{name: "synscreen host by kernel", way: direct, start: synscreen(hostKernelConf, "1")},
	{name: "synscreen wire", way: wire, start: synscreen(wireConf, "0")},
	{name: "synscreen wire, engine", way: wire, start: synscreen(byEngine(wireConf), "0")},
}

// chooseSystems leaves those out that are not named.
func chooseSystems(names string) error {
	if names == "" {
		return nil
	}
	var chosen []system
	for _, name := range strings.Split(names, ";") {
		i := slices.IndexFunc(systems, func(s system) bool { return s.name == name })
		if i < 0 {
			return fmt.Errorf("--systems %s: there is no such system", name)
		}
		chosen = append(chosen, systems[i])
	}
	systems = chosen
	return nil
}

// syncookies leaves it to the server's own kernel.
func syncookies(value string) func(context.Context, *ground) error {
	return func(ctx context.Context, g *ground) error {
		return g.server.Sysctl(ctx, "net.ipv4.tcp_syncookies="+value)
	}
}

// synproxyRules are those of nftables' own documentation: no state for SYNs, and what conntrack does not
// know is for synproxy.
const synproxyRules = "table ip screen { " +
	"chain early { type filter hook prerouting priority raw; tcp dport 80 tcp flags syn notrack; }; " +
	"chain forward { type filter hook forward priority filter; " +
	"tcp dport 80 ct state invalid,untracked synproxy mss 1460 wscale 7 timestamp sack-perm; " +
	"ct state invalid drop; }; }"

func synproxy(ctx context.Context, g *ground) error {
	if _, err := g.front.Run(ctx, "nft", synproxyRules); err != nil {
		return err
	}
	return errors.Join(g.front.Sysctl(ctx, "net.netfilter.nf_conntrack_tcp_loose=0"),
		g.server.Sysctl(ctx, "net.ipv4.tcp_syncookies=0"))
}

// helper has the kernel's cookie helper answer every SYN, in an XDP program.
func helper(ctx context.Context, g *ground) error { return xdp(ctx, g, "answer") }

// xdp attaches one of the storm's programs to the protected port.
func xdp(ctx context.Context, g *ground, program string) error {
	object, err := lab.Built("c/bench-storm/" + program + ".bpf.o")
	if err != nil {
		return err
	}
	return g.front.IP(ctx, "link set dev "+frontDev+" xdpdrv object "+object+" section xdp")
}

// helperAndSynproxy: the program answers, and synproxy admits who comes back: the cookies are the same.
func helperAndSynproxy(ctx context.Context, g *ground) error {
	if err := synproxy(ctx, g); err != nil {
		return err
	}
	return helper(ctx, g)
}

//go:embed wire.conf
var wireConf []byte

// byEngine leaves nothing of a wire to its driver.
func byEngine(configuration []byte) []byte {
	return bytes.Replace(configuration, []byte("syn-cookie {"), []byte("syn-cookie {\n            offload engine;"), 1)
}

//go:embed host.conf
var hostConf []byte

//go:embed hostkernel.conf
var hostKernelConf []byte

// synscreen runs it with a configuration, where the protected port is. Behind a wire the server has no
// cookies of its own; a host port's admission needs them at 1, the kernel's default.
func synscreen(configuration []byte, cookies string) func(context.Context, *ground) error {
	return func(ctx context.Context, g *ground) error {
		if err := g.server.Sysctl(ctx, "net.ipv4.tcp_syncookies="+cookies); err != nil {
			return err
		}
		_, _, err := running.Start(ctx, g.Lab, g.front, configuration, "taskset", "-c", systemCPU)
		return err
	}
}
