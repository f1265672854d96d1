package page

// CookieFacts are the numbers of docs/cookie.md: what its figures and the sources say, counted.
func CookieFacts(c Cookie, s Sources) *Facts {
	f := newFacts()

	fieldFacts(f, c)
	keyFacts(f, s)
	topByteFacts(f, c, s)
	mssFacts(f, c, s)
	lifeFacts(f, s)
	clockFacts(f, s)
	wrapFacts(f, c, s)
	oddsFacts(f, c, s)
	searchFacts(f, c, s)
	replayFacts(f, s)
	windowFacts(f)
	replacementFacts(f, s)
	return f
}
