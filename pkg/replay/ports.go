package replay

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"synscreen/pkg/dataplane/userspace"
)

// addressesMax bounds what is learned; addresses beyond it are taken for the default port's side.
const addressesMax = 4096

type mac [6]byte

// Ports tells by which port of a configuration a frame came in.
type Ports struct {
	all      []userspace.OfflinePort
	peer     map[string]string // of each port
	fallback string            // empty: several ports or none could be it
	side     map[mac]string    // the port behind which an address is
	hosts    []string          // host ports, of which there is no replay
}

// NewPorts takes the ports of a configuration. Frames of an unnamed interface come in by fallback; when
// that is empty, by the one port whose zone has a screen. Frames of one of hosts are refused.
func NewPorts(all []userspace.OfflinePort, fallback string, hosts ...string) (*Ports, error) {
	p := &Ports{all: all, peer: map[string]string{}, fallback: fallback, side: map[mac]string{}, hosts: hosts}
	for _, port := range all {
		p.peer[port.Name] = port.Peer
	}
	if len(all) == 0 {
		return nil, errors.New("the configuration has no wire: add a security forwarding-options secure-wire")
	}
	if _, ok := p.peer[fallback]; !ok && fallback != "" {
		return nil, fmt.Errorf("%s is no port of the configuration; %s", fallback, p.list())
	}
	if screened := p.screened(); fallback == "" && len(screened) == 1 {
		p.fallback = screened[0]
	}
	return p, nil
}

func (p *Ports) list() string {
	names := make([]string, len(p.all))
	for i, port := range p.all {
		names[i] = port.Name
	}
	return "its ports are " + strings.Join(names, ", ")
}

func (p *Ports) screened() []string {
	var names []string
	for _, port := range p.all {
		if port.Screened {
			names = append(names, port.Name)
		}
	}
	return names
}

// of gives the port that a frame came in by.
func (p *Ports) of(f frame) (string, error) {
	if _, ok := p.peer[f.ifname]; ok {
		return f.ifname, nil
	}
	if slices.Contains(p.hosts, f.ifname) {
		return "", fmt.Errorf("it came in by host port %s, whose listeners a replay does not have", f.ifname)
	}
	if p.fallback == "" {
		return "", p.undecided()
	}
	if len(f.data) < 12 {
		return p.fallback, nil
	}
	destination, source := mac(f.data[:6]), mac(f.data[6:12])
	port, ok := p.side[source]
	if !ok {
		port = p.fallback
	}
	p.learn(source, port)
	p.learn(destination, p.peer[port])
	return port, nil
}

// learn remembers behind which port an address is. The first sight counts: all that is known of the
// next ones follows from it.
func (p *Ports) learn(address mac, port string) {
	const group = 1
	if _, ok := p.side[address]; !ok && address[0]&group == 0 && len(p.side) < addressesMax {
		p.side[address] = port
	}
}

func (p *Ports) undecided() error {
	screened := p.screened()
	if len(screened) == 0 {
		return errors.New("by which port did it come in? No zone has a screen; name the port with --port: " +
			p.list())
	}
	return fmt.Errorf("by which port did it come in? The zones of %s have a screen; name one with --port",
		strings.Join(screened, ", "))
}
