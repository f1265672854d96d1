package page

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
)

// Header is the text of a C file, out of which numbers are read.
type Header struct {
	path, text string
}

// ReadHeader reads a C file.
func ReadHeader(path string) (Header, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Header{}, fmt.Errorf("read C constants: %w", err)
	}
	return Header{path: path, text: string(text)}, nil
}

// must is for what a header has to have: without it there is nothing to compare a page with.
func (h Header) must(what string, ok bool) {
	if !ok {
		panic(fmt.Sprintf("%s: cannot read %s", h.path, what))
	}
}

// Constant is the value of an enumerator, a static const or a macro: a product of integers.
func (h Header) Constant(name string) int64 {
	form := regexp.MustCompile(`(?m)\b` + name + `(?:\s*=\s*|[ \t]+)([\d][\w* \t]*)`)
	found := form.FindStringSubmatch(h.text)
	h.must(name, found != nil)
	product := int64(1)
	for factor := range strings.SplitSeq(found[1], "*") {
		v, err := strconv.ParseInt(strings.TrimRight(strings.TrimSpace(factor), "uUlL"), 0, 64)
		h.must(name, err == nil)
		product *= v
	}
	return product
}

// Number is the one submatch of an expression, which the text has to match once.
func (h Header) Number(expression string) int64 {
	found := regexp.MustCompile(expression).FindAllStringSubmatch(h.text, -1)
	h.must(expression, len(found) == 1 && len(found[0]) == 2)
	v, err := strconv.ParseInt(found[0][1], 0, 64)
	h.must(expression, err == nil)
	return v
}

// Count is how often an expression matches.
func (h Header) Count(expression string) int64 {
	return int64(len(regexp.MustCompile(expression).FindAllString(h.text, -1)))
}

// Members counts the declared members of a struct, several after one type included.
func (h Header) Members(name string) int64 {
	found := regexp.MustCompile(`struct ` + name + ` \{([^}]*)\};`).FindStringSubmatch(h.text)
	h.must("struct "+name, found != nil)
	body := regexp.MustCompile(`/\*[^*]*\*/`).ReplaceAllString(found[1], "")
	return int64(strings.Count(body, ";") + strings.Count(body, ","))
}

// mssTables reads screen_cookie_mss(): a switch with a case for each index.
func (h Header) mssTables() (tables [families][]int64) {
	start := strings.Index(h.text, "screen_cookie_mss(uint8_t family")
	h.must("screen_cookie_mss()", start >= 0)
	end := strings.Index(h.text[start:], "\n}")
	h.must("screen_cookie_mss()", end >= 0)
	form := regexp.MustCompile(`(case (\d)|default): return (?:v4 \? (\d+) : (\d+)|(\w+));`)

	for i, found := range form.FindAllStringSubmatch(h.text[start:start+end], -1) {
		h.must("the cases in order", found[2] == "" || found[2] == strconv.Itoa(i))
		both := found[5]
		v4, v6 := h.mss(found[3], both), h.mss(found[4], both)
		tables[IPv4], tables[IPv6] = append(tables[IPv4], v4), append(tables[IPv6], v6)
	}
	h.must("MSS tables", len(tables[IPv4]) > 1)
	return tables
}

// mss is an entry: digits of its own, or what holds for both families.
func (h Header) mss(own, both string) int64 {
	if own == "" {
		own = both
	}
	v, err := strconv.ParseInt(own, 10, 64)
	if err != nil {
		return h.Constant(own)
	}
	return v
}
