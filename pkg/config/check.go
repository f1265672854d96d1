package config

import (
	"fmt"
	"slices"
	"strings"
)

// checker finds statements that do not fit together. It is silent about what is missing where a
// statement that could have said it was refused: that error is the one to mend first.
type checker struct {
	tree     *Tree
	found    *collector
	ends     []use   // every interface of every wire
	prefixes []*node // every prefix of every white-list
}

// use is one mention of an interface.
type use struct {
	name  string
	owner string // path of the zone or wire
	path  string
	pos   Pos
}

func (c *checker) fail(pos Pos, path, msg, remedy string) {
	c.found.errors.add(Error{Pos: pos, Path: path, Msg: msg, Remedy: remedy})
}

// check runs the checks that span several objects.
func (c *checker) check(config *Config) {
	c.dataplane(config)
	c.screens(config)
	c.somethingScreened(config)
	c.zoneAdmissions(config)
	c.somebodyPasses(config)
	c.configWhiteLists()
	var members []use
	for _, z := range config.Zones {
		for _, i := range z.Interfaces {
			members = append(members, use{i.Name, z.Path(), z.InterfacePath(i.Name), i.Pos})
		}
	}
	inZone := c.onePlace(members)
	c.onePlace(c.ends)
	c.wiresHaveZones(inZone)
	c.hostPorts(config)
}

func (c *checker) dataplane(config *Config) {
	if config.DataplaneType == "" && !c.tree.mayHaveBeen("system") {
		c.fail(Pos{File: c.tree.root.pos.File, Line: 1, Col: 1}, config.DataplanePath(), "it is not set",
			"add the line: set system dataplane-type userspace")
	}
}

// zoneAdmissions checks that the zones which clients are admitted from differently exist.
func (c *checker) zoneAdmissions(config *Config) {
	var names []string
	for _, z := range config.Zones {
		names = append(names, z.Name)
	}
	for _, z := range config.Flow.Zones {
		if slices.Contains(names, z.Zone) || c.tree.mayHaveBeen("security", "zones") {
			continue
		}
		c.fail(z.Pos, z.Path(), "there is no zone "+show(z.Zone), defineIt(z.Zone, names,
			"set security zones security-zone "+quoteWord(z.Zone)+" interfaces NAME"))
	}
}

// somebodyPasses refuses admissions that would let nobody in.
func (c *checker) somebodyPasses(config *Config) {
	f := config.Flow
	if f.ValidatedSeconds != 0 {
		return
	}
	refuse := func(a Admission, pos Pos, path string) {
		if a == AdmissionReset || a == AdmissionSafeReset {
			c.fail(pos, path, fmt.Sprintf("with validated-timeout 0 admission %s lets nobody in", a),
				"set validated-timeout to 1 or more, or use splice or, on host ports, kernel")
		}
	}
	refuse(f.Admission, f.AdmissionPos, f.AdmissionPath())
	for _, z := range f.Zones {
		refuse(z.Admission, z.Pos, z.Path())
	}
	for _, p := range f.ServerProfiles {
		refuse(p.Admission, p.Pos, f.ServerProfilesPath())
		for _, port := range p.Ports {
			refuse(port.Admission, port.Pos, f.ServerProfilesPath())
		}
	}
}

// screens checks that every profile that a zone names is defined.
func (c *checker) screens(config *Config) {
	var names []string
	for _, s := range config.Screens {
		names = append(names, s.Name)
	}
	for _, z := range config.Zones {
		missing := z.Screen != "" && !slices.Contains(names, z.Screen)
		if !missing || c.tree.mayHaveBeen("security", "screen") {
			continue
		}
		c.fail(z.ScreenPos, z.ScreenPath(), "there is no screen profile "+show(z.Screen), defineIt(z.Screen, names,
			"set security screen ids-option "+quoteWord(z.Screen)+" tcp syn-flood"))
	}
}

// somethingScreened warns of a protection that protects nothing.
func (c *checker) somethingScreened(config *Config) {
	if config.Flow.ProtectionMode != ModeSynCookie {
		return
	}
	armed := map[string]bool{}
	for _, s := range config.Screens {
		armed[s.Name] = s.SynFlood != nil
	}
	for _, z := range config.Zones {
		if armed[z.Screen] {
			return
		}
	}
	c.found.warnings.add(Error{Pos: config.Flow.ProtectionModePos, Path: config.Flow.ProtectionModePath(),
		Msg:    "no zone has a screen with `tcp syn-flood`, so nothing is protected",
		Remedy: "set security zones security-zone <name> screen <profile> on the clients' side"})
}

// onePlace reports interfaces that are mentioned again by another owner, and gives the first mentions.
func (c *checker) onePlace(uses []use) map[string]use {
	byPlace := slices.Clone(uses)
	slices.SortStableFunc(byPlace, func(a, b use) int { return a.pos.compare(b.pos) })
	first := map[string]use{}
	for _, u := range byPlace {
		before, taken := first[u.name]
		if !taken {
			first[u.name] = u
			continue
		}
		if before.owner != u.owner {
			c.fail(u.pos, u.path, fmt.Sprintf("%s already belongs to %s (%s)", u.name, before.owner, before.pos),
				"remove it from one of them")
		}
	}
	return first
}

// wiresHaveZones checks that every end of a wire has a zone, whose profile would screen it.
func (c *checker) wiresHaveZones(inZone map[string]use) {
	if c.zonesInDoubt() {
		return
	}
	for _, u := range c.ends {
		if _, ok := inZone[u.name]; !ok {
			c.fail(u.pos, u.path, u.name+" is in no zone",
				"add it to one: set security zones security-zone ZONE interfaces "+quoteWord(u.name))
		}
	}
}

// wireEnds checks that a wire has two interfaces.
func (c *checker) wireEnds(v view, w Wire, ends []*node) {
	for _, n := range ends {
		c.ends = append(c.ends, use{n.value.key, w.Path(), w.InterfacePath(), n.pos})
	}
	if len(ends) == 2 || v.node.anyDoubtful("interface") {
		return
	}
	remedy := "write: set " + w.Path() + " interface [ A B ]"
	if len(ends) == 0 {
		c.fail(w.Pos, w.Path(), "the wire has no interfaces; it needs two", remedy)
		return
	}
	var names []string
	for _, n := range ends[:min(len(ends), maxListed)] {
		names = append(names, n.value.text)
	}
	c.fail(ends[len(ends)-1].pos, w.InterfacePath(), fmt.Sprintf("a wire needs two different interfaces, not %d (%s)",
		len(ends), strings.Join(names, ", ")), remedy)
}

// anyDoubtful is true if something in this node, or in one of these children, was refused.
func (n *node) anyDoubtful(keywords ...string) bool {
	for _, keyword := range keywords {
		if child := n.find(nodeKey{keyword: keyword}); child != nil && child.doubtful {
			return true
		}
	}
	return n.doubtful
}

func (c *checker) zonesInDoubt() bool { return c.instancesInDoubt("interfaces", "zones") }

func (c *checker) wiresInDoubt() bool { return c.instancesInDoubt("interface", "forwarding-options") }

// instancesInDoubt is true if an interface may be missing from some zone, or some wire, only because the
// statement was refused.
func (c *checker) instancesInDoubt(keyword, parent string) bool {
	if c.tree.mayHaveBeen("security", parent) {
		return true
	}
	n := c.tree.root.find(nodeKey{keyword: "security"}).find(nodeKey{keyword: parent})
	return n != nil && slices.ContainsFunc(n.children, func(i *node) bool { return i.anyDoubtful(keyword) })
}
