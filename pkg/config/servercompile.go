package config

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// maxServerProfiles bounds the prefixes and ports of all server profiles together.
const maxServerProfiles = 64

// mappedIPv4 is where IPv6 has the addresses of IPv4.
func mappedIPv4() netip.Addr { return netip.AddrFrom16([16]byte{10: 0xff, 11: 0xff}) }

func (c *checker) serverProfiles(cookie view) []ServerProfile {
	var profiles []ServerProfile
	var entries []*node
	for _, v := range cookie.all("server-profile") {
		p := c.serverProfile(v)
		if p.EveryPort {
			entries = append(entries, v.node)
		}
		for _, port := range v.all("port") {
			entries = append(entries, port.node)
		}
		profiles = append(profiles, p)
	}
	c.atMost(entries, maxServerProfiles, Flow{}.ServerProfilesPath(),
		"the configuration has %d server profiles, those of ports included, the limit is %d",
		"join servers that agree to the same, or leave out what can be learned")
	return profiles
}

func (c *checker) serverProfile(v view) ServerProfile {
	p := ServerProfile{
		Prefix:        v.node.value.prefix,
		Pos:           v.pos(),
		ServerOptions: c.serverOptions(v, ServerOptions{}),
	}
	if p.Prefix.Contains(mappedIPv4()) {
		c.fail(p.Pos, v.node.path(), "the prefix covers IPv4 addresses, too, as part of IPv6",
			"write longer prefixes, such as 2000::/3 for all global addresses")
	}
	for _, port := range v.all("port") {
		p.Ports = append(p.Ports, ServerPort{
			Port:          port.number(),
			Pos:           port.pos(),
			ServerOptions: c.serverOptions(port, p.ServerOptions),
		})
	}
	// A prefix that names ports and says nothing else speaks of these alone, inactive ones included:
	// to know that all others answer, too, would have closed ones look open.
	namesPorts := slices.ContainsFunc(v.node.children, func(n *node) bool { return n.stmt.keyword == "port" })
	p.EveryPort = !namesPorts || p.ServerOptions != ServerOptions{}
	return p
}

// serverOptions reads what is said on one level, above which other options hold.
func (c *checker) serverOptions(v view, above ServerOptions) ServerOptions {
	o := ServerOptions{
		MSS:         v.down("mss").numberIfSet(),
		WindowScale: c.setting(v, "wscale"),
		Shift:       v.down("wscale").numberIfSet(),
		SACK:        c.setting(v, "sack"),
		Timestamps:  c.setting(v, "timestamps"),
		ECN:         c.setting(v, "ecn"),
		Admission:   admissionOf(v),
	}
	if o.Over(above).Timestamps == SettingOff {
		c.uselessOptions(v, o)
	}
	return o
}

// setting reads an option that is there, is not, or is to be learned.
func (c *checker) setting(v view, keyword string) Setting {
	yes, no := v.down(keyword), v.down("no-"+keyword)
	switch {
	case yes.present() && no.present():
		first, second := yes.node, no.node
		if second.pos.compare(first.pos) < 0 {
			first, second = second, first
		}
		c.fail(second.pos, second.path(), fmt.Sprintf("it contradicts %s (%s)", first.head(), first.pos),
			"remove one of them")
	case yes.present():
		return SettingOn
	case no.present():
		return SettingOff
	}
	return SettingLearned
}

// uselessOptions warns of what no challenge offers: without timestamps there is no room to remember it.
func (c *checker) uselessOptions(v view, o ServerOptions) {
	var useless []string
	for _, option := range []struct {
		setting Setting
		keyword string
	}{{o.WindowScale, "wscale"}, {o.SACK, "sack"}, {o.ECN, "ecn"}} {
		if option.setting == SettingOn {
			useless = append(useless, option.keyword)
		}
	}
	if len(useless) == 0 {
		return
	}
	c.found.warnings.add(Error{Pos: v.down(useless[0]).pos(), Path: v.node.path(),
		Msg: "without timestamps a challenge does not offer " + strings.Join(useless, ", "),
		Remedy: "remove no-timestamps, if the servers do timestamps; else remove " +
			strings.Join(useless, ", ")})
}
