package page

import "math"

// forgeRate is how many segments a second somebody forges: an assumption, what a 10 GbE port carries
// and more.
const forgeRate = 1e7

// odds are those of a forged segment: 2^-bits.
type odds int

// aimed is the chance of the best guess, when some epochs are tried and so many bits are compared with
// each. Whitened bits are as good as any. Of the claim, bits that say which epoch is meant, in clear:
// whoever forges writes a claim that is accepted, which then is that of one epoch alone.
func aimed(tried int64, bits int, claimed bool) odds {
	if claimed {
		tried = 1
	}
	return odds(bits - log2(uint64(tried)))
}

// chance as a number.
func (o odds) chance() float64 { return math.Exp2(-float64(o)) }

// even is how many segments pass with a probability of one half.
func (o odds) even() float64 { return math.Ceil(math.Log(0.5) / math.Log1p(-o.chance())) }

// checked is how many bits of an ISN are compared with a cookie: all but the MSS index.
func (c Cookie) checked() int { return c.ISN.Width - c.ISN.Field("mss").Width() }

// topByteFacts count what a guess at an ISN is worth, and what it would be without whitening.
func topByteFacts(f *Facts, c Cookie, s Sources) {
	indices := int64(1) << c.ISN.Field("mss").Width()
	clear := aimed(s.tried, c.ISN.Field("low").Width(), true)
	whitened := log2(uint64(1)<<c.ISN.Width) - log2(uint64(s.tried*indices))

	f.claim(odds(whitened) == aimed(s.tried, c.checked(), false), "the odds are the same either way")
	f.integer("isn.checked", int64(c.checked()))
	f.add("isn.space", power(c.ISN.Width))
	f.integer("isn.pass", s.tried*indices)
	f.integer("epochs.tried", s.tried)
	f.integer("mss.count", indices)
	f.integer("mss.macs", s.tried*indices)
	f.integer("whitening.factor", 1<<(whitened-int(clear)))
	f.integer("both.wrong", indices-1)
	f.integer("both.of", indices)
	f.add("both.once", grouped(math.Exp2(float64(c.checked()))))
}

// oddsFacts are the table of forgeries.
func oddsFacts(f *Facts, c Cookie, s Sources) {
	rst := c.SafeReset.Field("low").Width()

	f.add("rate", grouped(forgeRate))
	f.integer("rst.bits", int64(rst))
	ack := aimed(s.tried, c.checked(), false)
	rows := map[string]odds{
		"ack":      ack,
		"replaced": aimed(s.tried*s.keysets, c.checked(), false),
		"stamped":  ack + odds(c.TSval.Field("high").Width()),
		"rst":      aimed(s.tried, rst, true),
		"clear":    aimed(s.tried, c.ISN.Field("low").Width(), true),
		"random":   odds(c.ISN.Width),
	}
	for name, o := range rows {
		oddsRow(f, "odds."+name, o)
	}
}

func oddsRow(f *Facts, name string, o odds) {
	passed := forgeRate * o.chance()
	seconds := o.even() / forgeRate

	f.add(name, power(-int(o)))
	f.add(name+".second", small(passed))
	f.add(name+".day", small(passed*day))
	if seconds > day {
		f.add(name+".even", scientific(o.even()))
		f.add(name+".time", grouped(seconds/day)) // days
		return
	}
	f.add(name+".even", grouped(o.even()))
	f.add(name+".time", decimals(seconds, 1))
}

// small is an expected count: whole where it is large, else with two digits.
func small(v float64) string {
	switch {
	case v >= 100:
		return grouped(v)
	case v < 1e-6:
		return scientific(v)
	default:
		return significant(v, 2)
	}
}
