package page

// fieldFacts are the widths of what travels and of what the MAC covers.
func fieldFacts(f *Facts, c Cookie) {
	const mac = 64 // bits of a uint64
	stamped := c.TSval.Field("high").Width()
	epoch := c.ISN.Field("epoch").Width()

	f.integer("isn.bits", int64(c.ISN.Width))
	f.integer("epoch.bits", int64(epoch))
	f.integer("epoch.count", 1<<epoch)
	f.integer("mss.bits", int64(c.ISN.Field("mss").Width()))
	f.integer("low.bits", int64(c.ISN.Field("low").Width()))
	f.integer("tsval.mac", int64(stamped))
	f.integer("tsval.agreed", int64(c.TSval.Width-stamped))
	f.integer("mac.bits", mac)
	f.integer("mac.bytes", mac/8)
	f.integer("mac.travels", int64(c.ISN.Width+stamped))
	f.integer("wscale.none", int64(c.noScale()))
	f.integer("wscale.max", maxScale)
	f.integer("input.ipv4", int64(c.Input.Size[IPv4]))
	f.integer("input.ipv6", int64(c.Input.Size[IPv6]))
	f.integer("words.ipv4", int64(c.Input.Size[IPv4]/8))
	f.integer("words.ipv6", int64(c.Input.Size[IPv6]/8))
	f.integer("epoch.field", int64(8*c.Input.part("epoch").Size[IPv4]))
}
