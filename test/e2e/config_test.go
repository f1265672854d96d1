package e2e

import (
	"fmt"
	"strings"

	"synscreen/test/lab"
)

// wire is one secure-wire of a configuration.
type wire struct {
	name, outer, inner string
	onFailure          string // open when empty
}

// configuration is what tests vary; its zero value is one wire w1 between the lab's two ports whose
// outer side is zone untrust, challenged from 200 SYNs a second on.
type configuration struct {
	wires   []wire
	zone    string // the screened zone's name
	attack  int    // attack-threshold
	always  bool   // challenge in calm, too
	kernel  bool   // challenge while the kernel says that a listener overflows
	dry     bool   // alarm-without-drop
	stock   bool   // source- and destination-threshold as they are by default, not out of the way
	unset   bool   // no syn-flood-protection-mode: what the gate admits
	closed  bool   // on-failure closed
	keyFile string // of the master key; the daemon's own when empty
	noSkew  bool   // no clock differs: mint in the epoch that it is

	// servers are server profiles, what follows the keyword. nil: with always, all servers of the lab are
	// known to answer, so that every connection is challenged; without, none is.
	servers []string

	hosts     []string // host ports, in place of wires
	admission string   // the default when empty
	offload   string   // that of all tests when empty
	validated int      // seconds that a client stays so; 0: each connection is challenged
}

// serverNetworks are those of the lab's servers, also of some that are not there.
func serverNetworks() []string { return []string{"203.0.113.0/24", "2001:db8:113::/64"} }

// firstWire joins the lab's two ports.
func firstWire() wire { return wire{name: "w1", outer: lab.OuterDev, inner: lab.InnerDev} }

func (c configuration) withDefaults() configuration {
	if c.zone == "" {
		c.zone = "untrust"
	}
	if c.attack == 0 {
		c.attack = 200
	}
	if c.servers == nil && c.always && c.hosts == nil {
		c.servers = serverNetworks()
	}
	if c.wires == nil && c.hosts == nil {
		c.wires = []wire{firstWire()}
	}
	return c
}

// String is the configuration in set form.
func (c configuration) String() string {
	c = c.withDefaults()
	var b strings.Builder
	set := func(format string, args ...any) { fmt.Fprintf(&b, "set "+format+"\n", args...) }
	set("system dataplane-type userspace")
	if !c.unset {
		set("security flow syn-flood-protection-mode syn-cookie")
	}
	if c.always {
		set("security flow syn-cookie activation always")
	}
	if c.kernel {
		set("security flow syn-cookie activation kernel")
	}
	for _, server := range c.servers {
		set("security flow syn-cookie server-profile %s", server)
	}
	set("security flow syn-cookie validated-timeout %d", c.validated)
	if c.admission != "" {
		set("security flow syn-cookie admission %s", c.admission)
	}
	if c.keyFile != "" {
		set("security flow syn-cookie key-file %s", c.keyFile)
	}
	if c.noSkew {
		set("security flow syn-cookie epoch-skew 0")
	}
	profile := "security screen ids-option web tcp syn-flood "
	set(profile+"attack-threshold %d", c.attack)
	if !c.stock && c.wires != nil {
		set(profile + "source-threshold 500000")
		set(profile + "destination-threshold 500000")
	}
	if c.dry {
		set("security screen ids-option web alarm-without-drop")
	}
	set("security zones security-zone %s screen web", c.zone)
	for _, port := range c.hosts {
		set("security zones security-zone %s interfaces %s", c.zone, port)
	}
	for _, statement := range offloadStatements(c.offload) {
		set("%s", statement)
	}
	for _, w := range c.wires {
		onFailure := w.onFailure
		if onFailure == "" {
			onFailure = "open"
		}
		if c.closed {
			onFailure = "closed"
		}
		set("security zones security-zone %s interfaces %s", c.zone, w.outer)
		set("security zones security-zone trust interfaces %s", w.inner)
		set("security forwarding-options secure-wire %s interface [ %s %s ]", w.name, w.outer, w.inner)
		set("security forwarding-options secure-wire %s on-failure %s", w.name, onFailure)
	}
	return b.String()
}
