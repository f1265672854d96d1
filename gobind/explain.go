package gobind

// #include <synscreen/explain.h>
import "C"

import (
	"fmt"

	"synscreen/pkg/dataplane"
)

// MintCookie is screen_cookie_explain_mint().
func MintCookie(query dataplane.MintQuery) (dataplane.Cookie, error) {
	var raw C.struct_screen_cookie_query
	if err := putScope(&raw, query.CookieScope); err != nil {
		return dataplane.Cookie{}, err
	}
	raw.client_isn = C.uint32_t(query.ISN)
	raw.mss = C.uint16_t(query.Terms.MSS)
	raw.timestamps = flag(query.Terms.Timestamps)
	raw.sack, raw.ecn = flag(query.Terms.SACK), flag(query.Terms.ECN)
	raw.client_wscale = C.uint8_t(query.Terms.ClientScale)
	raw.our_wscale = C.uint8_t(query.Terms.OurScale)
	var answer C.struct_screen_cookie_answer
	var info C.struct_screen_error_info
	if rc := C.screen_cookie_explain_mint(&raw, &answer, &info); rc < 0 {
		return dataplane.Cookie{}, newError(rc, &info)
	}
	return dataplane.Cookie{
		ISN:        uint32(answer.isn),
		TSval:      uint32(answer.tsval),
		Timestamps: query.Terms.Timestamps,
	}, nil
}

// CheckCookie is screen_cookie_explain_check().
func CheckCookie(query dataplane.CheckQuery) (dataplane.CookieCheck, error) {
	var raw C.struct_screen_cookie_query
	if err := putScope(&raw, query.CookieScope); err != nil {
		return dataplane.CookieCheck{}, err
	}
	raw.seq, raw.ack = C.uint32_t(query.Seq), C.uint32_t(query.Ack)
	raw.tsecr, raw.timestamps = C.uint32_t(query.TSecr), flag(query.Timestamps)
	var answer C.struct_screen_cookie_answer
	var info C.struct_screen_error_info
	if rc := C.screen_cookie_explain_check(&raw, &answer, &info); rc < 0 {
		return dataplane.CookieCheck{}, newError(rc, &info)
	}
	return dataplane.CookieCheck{
		Valid:  answer.valid != 0,
		Reason: text(answer.reason[:]),
		Epoch:  uint64(answer.epoch),
		Terms:  newTerms(&answer, query.Timestamps),
	}, nil
}

// putScope fills in what both questions have.
func putScope(raw *C.struct_screen_cookie_query, scope dataplane.CookieScope) error {
	if err := checkABI(); err != nil {
		return err
	}
	if err := putText(raw.key_file[:], "key file", scope.KeyFile); err != nil {
		return err
	}
	if err := putText(raw.zone[:], "zone", scope.Zone); err != nil {
		return err
	}
	client, server := scope.Client.Addr(), scope.Server.Addr()
	switch {
	case client.Is4() && server.Is4():
		raw.family = 4
	case client.Is6() && server.Is6():
		raw.family = 6
	default:
		return fmt.Errorf("explain a cookie between %s and %s: not of one address family", client, server)
	}
	putAddr(&raw.source, client.AsSlice())
	putAddr(&raw.destination, server.AsSlice())
	raw.sport, raw.dport = C.uint16_t(scope.Client.Port()), C.uint16_t(scope.Server.Port())
	raw.epoch = C.uint64_t(scope.Epoch)
	raw.safe_reset = flag(scope.SafeReset)
	return nil
}

// putAddr writes an address in wire order, IPv4 in the first four bytes.
func putAddr(to *[16]C.uint8_t, octets []byte) {
	for i, octet := range octets {
		to[i] = C.uint8_t(octet)
	}
}

func newTerms(answer *C.struct_screen_cookie_answer, timestamps bool) dataplane.CookieTerms {
	return dataplane.CookieTerms{
		MSS:         uint16(answer.mss),
		Timestamps:  timestamps,
		SACK:        answer.sack != 0,
		ECN:         answer.ecn != 0,
		ClientScale: uint8(answer.client_wscale),
		OurScale:    uint8(answer.our_wscale),
	}
}

func flag(on bool) C.uint8_t {
	if on {
		return 1
	}
	return 0
}
