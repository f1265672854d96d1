package page

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// seconds of a time that is a whole number of them but for 1 ns.
func seconds(ns int64) int64 {
	whole := (ns + second/2) / second
	if d := ns - whole*second; d < -1 || d > 1 {
		panic(fmt.Sprintf("%d ns is not a number of seconds", ns))
	}
	return whole
}

// lifeFacts are how old cookies get, found by minting and checking at every second.
func lifeFacts(f *Facts, s Sources) {
	skews := []int64{0, s.skew, s.skewMax}
	var alone, peer [2][]int64
	var unequal []int64

	for _, d := range skews {
		p := peers{epoch: s.epoch * second, skew: d * second, tried: s.tried}
		least, greatest := p.bounds(0)
		alone[0], alone[1] = append(alone[0], seconds(least)), append(alone[1], seconds(greatest))
		least, greatest = p.bounds(d * second)
		peer[0], peer[1] = append(peer[0], seconds(least)), append(peer[1], seconds(greatest))
		p.skew = 0
		_, greatest = p.bounds(d * second)
		unequal = append(unequal, seconds(greatest))
	}
	f.integer("epoch.s", s.epoch)
	f.integer("skew.default", s.skew)
	f.integer("skew.max", s.skewMax)
	f.integer("life.skew", skews...)
	f.integer("life.alone.min", alone[0]...)
	f.integer("life.alone.max", alone[1]...)
	f.integer("life.peers.min", peer[0]...)
	f.integer("life.peers.max", peer[1]...)
	f.integer("life.unequal.zero", 0)
	f.integer("life.unequal.max", unequal...)
	formulaFacts(f, skews, peer[0], unequal)
	f.integer("way", s.way)
	f.claim(s.way >= slices.Max(unequal), "a cookie is compared for as long as it can be valid")
}

// formulaFacts are the same as straight lines: a - b d for the youngest that is rejected, c + d for the
// oldest that is accepted.
func formulaFacts(f *Facts, skews, least, greatest []int64) {
	slope := (least[0] - least[2]) / skews[2]

	for i, d := range skews {
		f.claim(least[i] == least[0]-slope*d && greatest[i] == greatest[0]+d,
			fmt.Sprintf("with d = %d s the bounds are those of the formulas", d))
	}
	f.integer("life.slope", slope)
	f.integer("life.two", greatest[0])
}

// clockFacts are what a wrong clock leads to, found by running cluster time.
func clockFacts(f *Facts, s Sources) {
	const minute = 60 * second
	const wrong, fullDay = 10 * minute, 24 * 60 * minute
	peer := peers{epoch: s.epoch * second, skew: s.skew * second, tried: s.tried}
	least, greatest := peer.bounds(s.skew * second)

	f.add("clock.slow", fmt.Sprintf("1/%d", s.rules.slow))
	f.integer("clock.fast", s.rules.fast)
	f.integer("clock.grace", s.rules.grace/minute)
	f.integer("wrong.min", wrong/minute)
	f.integer("wrong.ahead.back", s.rules.recovery(wrong)/minute)
	f.integer("wrong.day.back", s.rules.recovery(fullDay)/fullDay)
	f.integer("wrong.behind.back", s.rules.recovery(-wrong)/minute)
	f.integer("wrong.grace.back", s.rules.recovery(-s.rules.grace)/minute)
	f.integer("life.slow", s.rules.real(seconds(greatest)*second, true)/second)
	f.integer("life.fast", s.rules.real(seconds(least)*second, false)/second)
}

// clockBits is the width of cluster time in the C code, a uint64_t.
const clockBits = 64

// wrapFacts are when counters come round.
func wrapFacts(f *Facts, c Cookie, s Sources) {
	short := int64(1) << c.ISN.Field("epoch").Width() * s.epoch
	field := 8 * c.Input.part("epoch").Size[IPv4]
	years := func(bits int) float64 { return math.Exp2(float64(bits)) * float64(s.epoch) / year }
	clock := time.Unix(int64(math.Exp2(clockBits)/float64(second)), 0).UTC()

	f.integer("wrap.s", short)
	f.integer("wrap.min", short/60)
	f.integer("wrap.rest", short%60)
	f.add("wrap.field", significant(years(field), 3))
	f.add("wrap.full", significant(years(epochBits), 3))
	f.integer("wrap.clock", int64(clock.Year()))
	f.integer("wrap.clock.bits", clockBits)
}

// replayFacts are how long a flow is remembered, and what that leaves open when cluster time goes slowly.
func replayFacts(f *Facts, s Sources) {
	f.integer("tombstone", s.tombstone)
	slowest := s.rules.real(s.tried*s.epoch*second, true) / second
	f.claim(s.tombstone >= slowest, "a tombstone lasts as long as a cookie lives")
}
