package page

const (
	maxScale  = 14        // RFC 7323, section 2.3
	maxWindow = 1<<16 - 1 // of a field of two bytes
	roundTrip = 0.1       // s: an example
)

// windowFacts are what a connection without window scaling can do.
func windowFacts(f *Facts) {
	f.add("window.plain", grouped(maxWindow))
	f.add("window.scaled", grouped(maxWindow<<maxScale))
	f.integer("rtt", int64(roundTrip*1000))
	f.add("window.rate", decimals(maxWindow*8/roundTrip/1e6, 1))
}
