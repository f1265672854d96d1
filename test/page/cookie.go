package page

import (
	"encoding/binary"
	"fmt"
)

// Cookie is what a page's figures say of the cookie, ready to run.
type Cookie struct {
	ISN, TSval, Agreed, SafeReset Ruler
	Input                         Layout
}

// NewCookie takes the figures; all of them have to be there.
func NewCookie(p *Page) (Cookie, error) {
	c := Cookie{
		ISN: p.Rulers["ISN"], TSval: p.Rulers["TSval"], Agreed: p.Rulers["agreed"],
		SafeReset: p.Rulers["safe-reset"], Input: p.Layouts["MAC"],
	}
	for name, r := range map[string]Ruler{"ISN": c.ISN, "TSval": c.TSval, "agreed": c.Agreed,
		"safe-reset": c.SafeReset} {
		if r.Width == 0 {
			return c, fmt.Errorf("%s: there is no figure %s", p.Name, name)
		}
	}
	if len(c.Input.Parts) == 0 {
		return c, fmt.Errorf("%s: there is no figure MAC", p.Name)
	}
	return c, nil
}

// noScale is what stands for a window scale that was not agreed: all bits of the field.
func (c Cookie) noScale() uint64 { return 1<<c.TSval.Field("theirs").Width() - 1 }

// terms are what a challenge agreed to.
func (c Cookie) terms(v Vector) map[string]uint64 {
	if !v.timestamps() {
		return map[string]uint64{"timestamps": 0, "SACK": 0, "ECN": 0, "safe-reset": 0,
			"our window scale": 0, "client's window scale": 0}
	}
	return map[string]uint64{"timestamps": 1, "SACK": v.number("sack", 10), "ECN": v.number("ecn", 10),
		"safe-reset": 0, "our window scale": v.scale("our_wscale", c.noScale()),
		"client's window scale": v.scale("wscale", c.noScale())}
}

// mac is the MAC of a vector's tuple under its epoch's key.
func (c Cookie) mac(v Vector, isn uint32, agreed uint64, key []byte) (uint64, error) {
	be := binary.BigEndian
	input, err := c.Input.Bytes(v.family(), map[string][]byte{
		"source address":      v.address("src"),
		"destination address": v.address("dst"),
		"source port":         be.AppendUint16(nil, uint16(v.number("sport", 10))),
		"destination port":    be.AppendUint16(nil, uint16(v.number("dport", 10))),
		"client's ISN":        be.AppendUint32(nil, isn),
		"epoch":               be.AppendUint64(nil, v.number("epoch", 10)),
		"agreed":              be.AppendUint16(nil, uint16(agreed)),
	})
	if err != nil || len(key) != 16 {
		return 0, fmt.Errorf("the MAC's input, under a key of %d bytes: %w", len(key), err)
	}
	return sipHash([16]byte(key), input), nil
}

// Mint computes what a vector's challenge carries, as the figures say.
func (c Cookie) Mint(v Vector) (isn, tsval, agreed uint64, err error) {
	values := c.terms(v)
	if agreed, err = c.Agreed.Value(values); err != nil {
		return 0, 0, 0, fmt.Errorf("agreed: %w", err)
	}
	mac, err := c.mac(v, uint32(v.number("client_isn", 16)), agreed, v.bytes("epoch_key"))
	if err != nil {
		return 0, 0, 0, err
	}
	values["MAC"], values["epoch"] = mac, v.number("epoch", 10)
	values["MSS index"] = v.number("mss_index", 10)
	if isn, err = c.ISN.Value(values); err != nil {
		return 0, 0, 0, fmt.Errorf("ISN: %w", err)
	}
	if v.timestamps() {
		if tsval, err = c.TSval.Value(values); err != nil {
			return 0, 0, 0, fmt.Errorf("TSval: %w", err)
		}
	}
	return isn, tsval, agreed, nil
}

// MintSafeReset computes a safe-reset value under a key that another vector knows.
func (c Cookie) MintSafeReset(v Vector, key []byte) (uint64, error) {
	values := map[string]uint64{"timestamps": 0, "SACK": 0, "ECN": 0, "safe-reset": 1,
		"our window scale": 0, "client's window scale": 0}
	agreed, err := c.Agreed.Value(values)
	if err != nil {
		return 0, fmt.Errorf("agreed: %w", err)
	}
	mac, err := c.mac(v, 0, agreed, key)
	if err != nil {
		return 0, err
	}
	values["MAC"], values["epoch"], values["chosen"] = mac, v.number("epoch", 10), 0
	value, err := c.SafeReset.Value(values)
	if err == nil && !below(value, v.number("client_isn", 16)) {
		values["chosen"] = 1
		value, err = c.SafeReset.Value(values)
	}
	return value, err
}

// below compares sequence numbers (RFC 9293, section 3.4).
func below(value, isn uint64) bool { return int32(uint32(value)-uint32(isn)) < 0 }
