package page

// someMSS are what common links leave: Ethernet over IPv4, PPPoE, Ethernet over IPv6, tunnels, and what
// is assumed over IPv4 when nothing is said.
var someMSS = []int64{1460, 1452, 1440, 1400, 1380, 536}

const maxMSS = 1<<16 - 1

// kept is the largest entry that is not above mss.
func kept(table []int64, mss int64) int64 {
	best := int64(0)
	for _, entry := range table {
		if entry <= mss {
			best = max(best, entry)
		}
	}
	return best
}

// lost is the part of mss that rounding takes away, in per cent.
func lost(table []int64, mss int64) float64 {
	return 100 * float64(mss-kept(table, mss)) / float64(mss)
}

// worst is for each entry the largest loss of any MSS that falls on it.
func worst(table []int64) []float64 {
	losses := make([]float64, len(table))
	for mss := table[0]; mss <= maxMSS; mss++ {
		for i, entry := range table {
			if entry == kept(table, mss) {
				losses[i] = max(losses[i], lost(table, mss))
			}
		}
	}
	return losses
}

func mssFacts(f *Facts, c Cookie, s Sources) {
	names := [families]string{IPv4: "ipv4", IPv6: "ipv6"}
	var indices []int64

	for i := range s.mss[IPv4] {
		indices = append(indices, int64(i))
	}
	f.claim(len(indices) == 1<<c.ISN.Field("mss").Width(), "the tables are as long as the index allows")
	f.integer("mss.index", indices...)
	f.integer("mss.min", s.mssMin)
	f.integer("some.mss", someMSS...)
	for family, name := range names {
		f.integer("mss."+name, s.mss[family]...)
		f.integer("mss.default."+name, s.mssNone[family])
		someFacts(f, name, s.mss[family])
	}
}

func someFacts(f *Facts, name string, table []int64) {
	var left []int64
	var losses, worstLosses []string

	for _, mss := range someMSS {
		left = append(left, kept(table, mss))
		losses = append(losses, decimals(lost(table, mss), 1))
	}
	for _, loss := range worst(table) {
		worstLosses = append(worstLosses, decimals(loss, 1))
	}
	f.integer("some."+name, left...)
	f.add("some."+name+".loss", losses...)
	f.add("mss."+name+".loss", worstLosses...)
}
