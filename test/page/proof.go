package page

import "fmt"

// Prove runs the figures against the known answers: what they compute, and what their fields read back.
func (c Cookie) Prove(cookies, resets []Vector) []string {
	var problems []string
	keys := map[string][]byte{}

	for i, v := range cookies {
		keys[keyName(v)] = v.bytes("epoch_key")
		if err := c.proveCookie(v); err != nil {
			problems = append(problems, fmt.Sprintf("cookie vector %d: %v", i+1, err))
		}
	}
	for i, v := range resets {
		if err := c.proveSafeReset(v, keys[keyName(v)]); err != nil {
			problems = append(problems, fmt.Sprintf("safe-reset vector %d: %v", i+1, err))
		}
	}
	return problems
}

func keyName(v Vector) string { return v["master_key"] + " " + v["zone"] + " " + v["epoch"] }

func (c Cookie) proveCookie(v Vector) error {
	isn, tsval, agreed, err := c.Mint(v)
	if err != nil {
		return err
	}
	if want := v.number("agreed", 16); agreed != want {
		return fmt.Errorf("agreed is %04x, not %04x", want, agreed)
	}
	if want := v.number("cookie_isn", 16); isn != want {
		return fmt.Errorf("the ISN is %08x, not %08x", want, isn)
	}
	if !v.timestamps() {
		return nil
	}
	if want := v.number("cookie_tsval", 16); tsval != want {
		return fmt.Errorf("TSval is %08x, not %08x", want, tsval)
	}
	return c.proveTerms(v)
}

// proveTerms reads out of TSval what was agreed, as a check has to.
func (c Cookie) proveTerms(v Vector) error {
	tsval, terms := v.number("cookie_tsval", 16), c.terms(v)

	for label, quantity := range map[string]string{"E": "ECN", "S": "SACK", "ours": "our window scale",
		"theirs": "client's window scale"} {
		if got := c.TSval.Read(tsval, label); got != terms[quantity] {
			return fmt.Errorf("TSval's %s is %d, not %d", quantity, terms[quantity], got)
		}
	}
	return nil
}

func (c Cookie) proveSafeReset(v Vector, key []byte) error {
	want, epoch := v.number("value", 16), v.number("epoch", 10)

	if parity := c.SafeReset.Read(want, "p"); parity != epoch%2 {
		return fmt.Errorf("%08x is of epoch %d, but p is %d", want, epoch, parity)
	}
	if !below(want, v.number("client_isn", 16)) {
		return fmt.Errorf("%08x does not lie below the client's ISN", want)
	}
	if key == nil { // the vectors have no key of this epoch
		return nil
	}
	value, err := c.MintSafeReset(v, key)
	if err == nil && value != want {
		err = fmt.Errorf("the value is %08x, not %08x", want, value)
	}
	return err
}
