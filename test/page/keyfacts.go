package page

import "math"

// year is the Julian one.
const year = 365.25 * day

const day = 24 * 3600.0

// keyFacts are the sizes of keys, which the known answers spell out.
func keyFacts(f *Facts, s Sources) {
	v := s.Cookies[0]

	f.integer("key.master", int64(len(v.bytes("master_key"))))
	f.integer("key.hex", int64(len(v["master_key"])))
	f.integer("key.zone", int64(len(v.bytes("zone_key"))))
	f.integer("key.epoch", int64(len(v.bytes("epoch_key"))))
	f.integer("key.bits", int64(8*len(v.bytes("epoch_key"))))
	f.integer("key.master.bits", int64(8*len(v.bytes("master_key"))))
	f.integer("epoch.full", epochBits)
}

// epochBits is the width of an epoch in the C code and of a subkey's id in libsodium, uint64_t both.
const epochBits = 64

// searchRate is how many keys a second somebody tries: an assumption.
const searchRate = 1e12

// searchFacts say what a search for an epoch's key is worth.
func searchFacts(f *Facts, c Cookie, s Sources) {
	bits := 8 * len(s.Cookies[0].bytes("epoch_key"))
	travels := c.ISN.Width + c.TSval.Field("high").Width()
	keys := math.Exp2(float64(bits))
	accepted := float64(s.tried * s.epoch)

	f.integer("key.challenges", int64((bits+travels-1)/travels))
	f.add("key.space", power(bits))
	f.add("key.rate", grouped(searchRate))
	f.add("key.odds", scientific(searchRate*accepted/keys))
	f.add("key.years", scientific(keys/2/searchRate/year))
}

// replacementFacts are about the time in which a master key is replaced.
func replacementFacts(f *Facts, s Sources) {
	epoch := s.epoch * second
	start := 1000 * epoch
	least, most := int64(math.MaxInt64), int64(0)

	for at := start; at <= start+epoch; at += second {
		for _, activated := range []int64{at, at + second - 1} {
			forgotten := (activated/epoch + s.retired + 1) * epoch
			least, most = min(least, forgotten-activated), max(most, forgotten-activated)
		}
	}
	f.claim(seconds(least) >= s.tried*s.epoch, "a retired key is accepted for as long as its cookies live")
	f.integer("retire.min", seconds(least))
	f.integer("retire.max", seconds(most))
	f.integer("retire.epochs", s.retired)
	f.integer("replaced.keys", s.keysets)
	f.integer("replaced.cookies", s.keysets*s.tried)
}
