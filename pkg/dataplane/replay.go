package dataplane

// ReplayFrameMax is the longest frame that can be replayed, in bytes.
const ReplayFrameMax = 65536

// CookieEvent says what a frame had to do with a cookie.
type CookieEvent int

// The values of struct screen_replay_result's cookie.
const (
	CookieNone   CookieEvent = iota
	CookieMinted             // for this SYN
	CookieValid              // this segment's
)

// ReplayResult is what became of one replayed frame.
type ReplayResult struct {
	Verdict Verdict
	Reason  string
	Event   CookieEvent
	Minted  Cookie // CookieMinted
	Epoch   uint64 // CookieValid
	Terms   CookieTerms
}

// ReplayOutput is one frame that leaves. Its data is good until the next call.
type ReplayOutput struct {
	Interface string
	Data      []byte
}
