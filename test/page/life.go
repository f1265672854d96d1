package page

import "sort"

// peers are two nodes that share a master key: one mints, the other checks. Nanoseconds.
type peers struct {
	epoch int64
	skew  int64 // d of the one that mints
	apart int64 // the checker's clock less the minter's
	tried int64 // E and how many before it, together
}

// behind is by how many epochs a cookie's is behind that of the checker when it has this age. What is
// ahead is rejected, and what is behind by as many as are tried.
func (p peers) behind(minted, age int64) int64 {
	return (minted+age+p.apart)/p.epoch - (minted-p.skew)/p.epoch
}

// life is the age at which a cookie is first rejected, and that at which it is for good: not the same
// when the checker's clock is behind by more than the minter allows for.
func (p peers) life(minted int64) (first, last int64) {
	last = int64(sort.Search(int(10*p.epoch), func(age int) bool {
		return p.behind(minted, int64(age)) >= p.tried
	}))
	if p.behind(minted, 0) < 0 {
		return 0, last
	}
	return last, last
}

// bounds are the least first and the greatest last rejection, over all differences of the clocks up to
// apart and all moments of an epoch: each second of it, and 1 ns before.
func (p peers) bounds(apart int64) (least, greatest int64) {
	start := 1000 * p.epoch
	least = 10 * p.epoch

	for p.apart = -apart; p.apart <= apart; p.apart += second {
		for at := start; at <= start+p.epoch; at += second {
			for _, minted := range []int64{at - 1, at} {
				first, last := p.life(minted)
				least, greatest = min(least, first), max(greatest, last)
			}
		}
	}
	return least, greatest
}
