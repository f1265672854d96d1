package config

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of what the kernel and the engine have room for, in bytes.
const (
	maxInterfaceName = 15  // IFNAMSIZ - 1
	maxPath          = 255 // SCREEN_PATH_SIZE - 1
)

// valueKind is the kind of value that a statement takes.
type valueKind int

const (
	numberValue valueKind = iota
	choiceValue
	nameValue
	textValue
	interfaceValue
	prefixValue
	pathValue
)

// valueType says which values a statement takes, and what it is without one.
type valueType struct {
	kind     valueKind
	min, max int    // number: the range; name, text: the length
	unit     string // number
	choices  []string
	fallback string // default as written; empty: none
}

// value is one accepted value.
type value struct {
	text   string // as written; numbers without leading zeros
	key    string // equal for values of equal meaning
	number int
	prefix netip.Prefix
}

// problem is why a text is not a value; the zero problem means that it is one.
type problem struct{ msg, remedy string }

func numberOf(low, high, fallback int, unit string) *valueType {
	return &valueType{kind: numberValue, min: low, max: high, unit: unit, fallback: strconv.Itoa(fallback)}
}

// numberIn is a number without a default.
func numberIn(low, high int, unit string) *valueType {
	return &valueType{kind: numberValue, min: low, max: high, unit: unit}
}

func oneOf(fallback string, choices ...string) *valueType {
	return &valueType{kind: choiceValue, choices: choices, fallback: fallback}
}

func nameOf(longest int) *valueType { return &valueType{kind: nameValue, min: 1, max: longest} }

func textOf(shortest, longest int) *valueType {
	return &valueType{kind: textValue, min: shortest, max: longest}
}

func interfaceName() *valueType { return &valueType{kind: interfaceValue} }

func prefix() *valueType { return &valueType{kind: prefixValue} }

func absolutePath() *valueType { return &valueType{kind: pathValue} }

// placeholder stands for the value in help and documentation.
func (t *valueType) placeholder() string {
	switch t.kind {
	case numberValue:
		return "<number>"
	case choiceValue:
		return "(" + strings.Join(t.choices, " | ") + ")"
	case nameValue:
		return "<name>"
	case textValue:
		return "<text>"
	case interfaceValue:
		return "<interface>"
	case pathValue:
		return "<path>"
	default:
		return "<prefix>"
	}
}

// noun is what an error calls the value.
func (t *valueType) noun() string {
	if t.kind == nameValue {
		return "name"
	}
	return "value"
}

// describe gives what is allowed, and the default.
func (t *valueType) describe() string {
	var allowed string
	switch t.kind {
	case numberValue:
		allowed = fmt.Sprintf("%d..%d %s", t.min, t.max, t.unit)
	case choiceValue:
		allowed = strings.Join(t.choices, " or ")
	case nameValue, textValue:
		allowed = fmt.Sprintf("%d..%d characters", t.min, t.max)
	case interfaceValue:
		allowed = fmt.Sprintf("Linux interface name, 1..%d bytes", maxInterfaceName)
	case pathValue:
		allowed = fmt.Sprintf("absolute path, 1..%d bytes", maxPath)
	default:
		allowed = "IPv4 or IPv6 prefix or address"
	}
	if t.fallback == "" {
		return allowed
	}
	return allowed + ", default " + t.fallback
}

// parse reads one word as a value.
func (t *valueType) parse(text string) (value, problem) {
	switch t.kind {
	case numberValue:
		return t.parseNumber(text)
	case choiceValue:
		return t.parseChoice(text)
	case nameValue:
		return t.parseName(text)
	case textValue:
		return t.parseText(text)
	case interfaceValue:
		return parseInterface(text)
	case pathValue:
		return t.parsePath(text)
	default:
		return parsePrefix(text)
	}
}

// parseNumber accepts plain decimal digits only: no sign, no base prefix, no "5k".
func (t *valueType) parseNumber(text string) (value, problem) {
	remedy := "allowed is " + t.describe()
	isDigit := func(r rune) bool { return '0' <= r && r <= '9' }
	digits := strings.TrimPrefix(text, "-")
	if digits == "" || strings.TrimLeftFunc(digits, isDigit) != "" {
		return value{}, problem{show(text) + " is not a number", remedy}
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < t.min || n > t.max || text != digits {
		return value{}, problem{clip(text) + " is out of range", remedy}
	}
	canonical := strconv.Itoa(n)
	return value{text: canonical, key: canonical, number: n}, problem{}
}

func (t *valueType) parseChoice(text string) (value, problem) {
	if slices.Contains(t.choices, text) {
		return value{text: text, key: text}, problem{}
	}
	remedy := "allowed is " + t.describe()
	if near := nearest(text, t.choices); near != "" {
		remedy = fmt.Sprintf("did you mean %q? %s", near, remedy)
	}
	return value{}, problem{show(text) + " is not one of its values", remedy}
}

// parseName accepts printable ASCII, so that one byte is one character everywhere that a name goes.
func (t *valueType) parseName(text string) (value, problem) {
	length := fmt.Sprintf("a name has %d..%d characters", t.min, t.max)
	switch {
	case text == "":
		return value{}, problem{"the name is empty", length}
	case strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' }):
		return value{}, problem{"the name " + show(text) + " has a character that is not printable ASCII",
			"use letters, digits and punctuation"}
	case len(text) > t.max:
		return value{}, problem{fmt.Sprintf("the name %s has %d characters", show(text), len(text)), length}
	case strings.TrimSpace(text) != text:
		return value{}, problem{"the name " + show(text) + " starts or ends with a blank", "remove the blank"}
	}
	return value{text: text, key: text}, problem{}
}

func (t *valueType) parseText(text string) (value, problem) {
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return value{}, problem{"the text has a character that is not printable", "remove it"}
	}
	if n := utf8.RuneCountInString(text); n < t.min || n > t.max {
		return value{}, problem{fmt.Sprintf("the text has %d characters", n), "allowed is " + t.describe()}
	}
	return value{text: text, key: text}, problem{}
}

// parseInterface maps logical unit 0 to the interface itself and applies the kernel's rules for names.
func parseInterface(text string) (value, problem) {
	linux := strings.TrimSuffix(text, ".0")
	var msg string
	switch {
	case linux == "" || linux == "." || linux == "..":
		msg = "is not an interface name"
	case len(linux) > maxInterfaceName:
		msg = fmt.Sprintf("is longer than the %d bytes of a Linux interface name", maxInterfaceName)
	case strings.ContainsAny(linux, "/:"):
		msg = "has a character that no Linux interface name can have"
	case strings.ContainsFunc(linux, func(r rune) bool { return r == ' ' || !unicode.IsPrint(r) }):
		msg = "has a blank or a control character"
	default:
		return value{text: text, key: linux}, problem{}
	}
	return value{}, problem{show(text) + " " + msg, "use a name that `ip link` shows, such as eth1 or eth1.100"}
}

// parsePath accepts an absolute path: the daemon's directory is not the operator's. Whether there is a
// file is for whoever opens it to say.
func (t *valueType) parsePath(text string) (value, problem) {
	switch {
	case strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }):
		return value{}, problem{"the path has a character that is not printable", "remove it"}
	case !strings.HasPrefix(text, "/"):
		return value{}, problem{show(text) + " is not an absolute path",
			"write it from the root on, such as /etc/synscreen/master.key"}
	case len(text) > maxPath:
		return value{}, problem{fmt.Sprintf("the path has %d bytes", len(text)), "allowed is " + t.describe()}
	}
	return value{text: text, key: text}, problem{}
}

// parsePrefix accepts a prefix without host bits, or an address, which stands for itself alone.
func parsePrefix(text string) (value, problem) {
	remedy := "write it like 192.0.2.0/24 or 2001:db8::/32"
	p, err := netip.ParsePrefix(text)
	if err != nil {
		addr, addrErr := netip.ParseAddr(text)
		if addrErr != nil || addr.Zone() != "" {
			return value{}, problem{show(text) + " is not an IPv4 or IPv6 prefix or address", remedy}
		}
		p = netip.PrefixFrom(addr, addr.BitLen())
	}
	if p.Addr().Is4In6() {
		return value{}, problem{show(text) + " is an IPv4 address inside IPv6",
			"write the IPv4 address " + p.Addr().Unmap().String() + " itself"}
	}
	if masked := p.Masked(); masked != p {
		return value{}, problem{show(text) + " has bits set beyond its prefix length", "write " + masked.String()}
	}
	return value{text: text, key: p.String(), prefix: p}, problem{}
}

// compare orders values of one statement: addresses and numbers by number, all else by bytes.
func (v value) compare(w value) int {
	if v.prefix.IsValid() && w.prefix.IsValid() {
		return v.prefix.Compare(w.prefix)
	}
	return cmp.Or(cmp.Compare(v.number, w.number), strings.Compare(v.key, w.key))
}
