package config

import (
	"fmt"
	"net/netip"
	"slices"
)

// Bounds of white-lists. Junos has 2 lists of 32 prefixes for each kind of address.
const (
	maxWhiteLists      = 64    // of one profile
	maxProfilePrefixes = 4096  // of all white-lists of one profile
	maxConfigPrefixes  = 16384 // of all white-lists of a configuration
)

func (c *checker) whiteList(v view) WhiteList {
	source, destination := v.down("source-address"), v.down("destination-address")
	w := WhiteList{
		Name:        v.text(),
		Pos:         v.pos(),
		Source:      prefixes(source),
		Destination: prefixes(destination),
	}
	// Nothing listed means any, so that an empty white-list would turn the screen off.
	unread := v.node.anyDoubtful("source-address", "destination-address")
	if len(w.Source)+len(w.Destination) == 0 && !unread {
		c.fail(v.pos(), v.node.path(), "the white-list names no address",
			"add source-address or destination-address to it, or remove it")
	}
	return w
}

func prefixes(v view) []netip.Prefix {
	var out []netip.Prefix
	for _, n := range v.values() {
		out = append(out, n.value.prefix)
	}
	return out
}

// profileWhiteLists checks how many white-lists and prefixes one profile has.
func (c *checker) profileWhiteLists(flood view) {
	var lists, all []*node
	for _, list := range flood.all("white-list") {
		lists = append(lists, list.node)
		all = append(all, list.down("source-address").values()...)
		all = append(all, list.down("destination-address").values()...)
	}
	path := flood.node.path() + " white-list"
	c.atMost(lists, maxWhiteLists, path, "the profile has %d white-lists, the limit is %d", "join some of them")
	c.atMost(all, maxProfilePrefixes, path, "the profile has %d prefixes in its white-lists, the limit is %d",
		"join prefixes that lie next to each other")
	c.prefixes = append(c.prefixes, all...)
}

// configWhiteLists checks how many prefixes the white-lists of all profiles have.
func (c *checker) configWhiteLists() {
	c.atMost(c.prefixes, maxConfigPrefixes, "security screen",
		"the white-lists of all profiles have %d prefixes, the limit is %d",
		"join prefixes that lie next to each other")
}

// atMost reports the first statement in the text that is one too many.
func (c *checker) atMost(nodes []*node, limit int, path, msg, remedy string) {
	if len(nodes) <= limit {
		return
	}
	byPlace := slices.Clone(nodes)
	slices.SortStableFunc(byPlace, func(a, b *node) int { return a.pos.compare(b.pos) })
	c.fail(byPlace[limit].pos, path, fmt.Sprintf(msg, len(nodes), limit), remedy)
}
