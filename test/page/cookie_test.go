package page

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

const root = "../.."

var sources = sync.OnceValues(func() (Sources, error) { return ReadSources(root) })

func mustSources(t *testing.T) Sources {
	t.Helper()
	s, err := sources()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func cookiePage(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(root + "/docs/cookie.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// problemsOf is all that is wrong with a text in the place of docs/cookie.md.
func problemsOf(s Sources, text string) []string {
	p := Read("cookie.md", text)
	c, err := NewCookie(p)
	if err != nil {
		return append(p.Problems, err.Error())
	}
	return append(Check(p, CookieFacts(c, s)), c.Prove(s.Cookies, s.Resets)...)
}

func TestEveryNumberOfTheCookiePageIsWhatItsNameComputes(t *testing.T) {
	for _, problem := range problemsOf(mustSources(t), cookiePage(t)) {
		t.Error(problem)
	}
}

// facts of the page as it is.
func cookieFacts(t *testing.T) (Sources, *Facts) {
	t.Helper()
	s := mustSources(t)
	c, err := NewCookie(Read("cookie.md", cookiePage(t)))
	if err != nil {
		t.Fatal(err)
	}
	return s, CookieFacts(c, s)
}

// unproved is where a digit may be that nobody computes; written apart from the reader's own list.
var unproved = regexp.MustCompile(`^#|RFC \d{4}|section \d(\.\d+)*|IPv[46]|BLAKE2b|SipHash-2-4|synscrn1|` +
	`\(2012\)|https://eprint\.iacr\.org/2012/351`)

func TestCookiePageFailsForEveryDigitThatIsAnother(t *testing.T) {
	s, facts := cookieFacts(t)
	text := cookiePage(t)
	line, tried := 1, 0

	for at := range text {
		if text[at] == '\n' {
			line++
		}
		if text[at] < '0' || text[at] > '9' || isUnproved(text, at) {
			continue
		}
		tried++
		changed := text[:at] + string('0'+(text[at]-'0'+1)%10) + text[at+1:]
		if !fails(s, facts, changed) {
			t.Errorf("line %d: %s can be another number", line, lineAt(text, at))
		}
	}
	if tried < 800 {
		t.Errorf("only %d digits were tried", tried)
	}
}

// fails says whether a text does in the place of the page, whose facts are given.
func fails(s Sources, facts *Facts, text string) bool {
	p := Read("cookie.md", text)
	if len(Check(p, facts)) > 0 {
		return true
	}
	c, err := NewCookie(p)
	return err != nil || len(c.Prove(s.Cookies, s.Resets)) > 0
}

func lineAt(text string, at int) string {
	start := strings.LastIndexByte(text[:at], '\n') + 1
	line, _, _ := strings.Cut(text[start:], "\n")
	return line
}

func isUnproved(text string, at int) bool {
	line := lineAt(text, at)
	column := at - strings.LastIndexByte(text[:at], '\n') - 1
	if strings.HasPrefix(line, "#") {
		return true
	}
	for _, span := range unproved.FindAllStringIndex(line, -1) {
		if span[0] <= column && column < span[1] {
			return true
		}
	}
	return false
}

func TestCookiePageFailsForANumberMoreOnAnyLine(t *testing.T) {
	s, facts := cookieFacts(t)
	lines := strings.Split(cookiePage(t), "\n")

	for i, line := range lines {
		if strings.HasPrefix(line, "#") || strings.Contains(line, "-->") || strings.HasPrefix(line, "        ") ||
			strings.HasPrefix(line, "```") || strings.HasPrefix(line, "<!--") {
			continue
		}
		changed := slices.Clone(lines)
		changed[i] += " 7"
		if !fails(s, facts, strings.Join(changed, "\n")) {
			t.Errorf("line %d: a number more is not seen: %s", i+1, line)
		}
	}
}

func TestCookiePageFailsWithoutAnyOneOfItsComments(t *testing.T) {
	s, facts := cookieFacts(t)
	text := cookiePage(t)
	comment := regexp.MustCompile(`(?s)<!--.*?-->`)

	for _, span := range comment.FindAllStringIndex(text, -1) {
		if !fails(s, facts, text[:span[0]]+text[span[1]:]) {
			t.Errorf("%s is not missed", text[span[0]:span[1]])
		}
	}
}

func TestCookiePageFailsWhenAFigureSaysAnotherThing(t *testing.T) {
	cases := []struct{ name, old, new, want string }{
		{"no whitening", "epoch mod 32 XOR MAC bits 31..27", "epoch mod 32", "cookie vector 1: the ISN"},
		{"index in clear", "MSS index XOR MAC bits 26..24", "MSS index", "cookie vector 1: the ISN"},
		{"other bits below", "low   = MAC bits 23..0", "low   = MAC bits 31..8", "cookie vector 1: the ISN"},
		{"other bits in TSval", "MAC bits 63..42", "MAC bits 62..41", "TSval is"},
		{"scales changed over in TSval", "ours  |E|S|theirs |", "theirs|E|S|ours   |",
			`figure TSval: "ours   = our window scale" does not say what theirs is`},
		{"flags changed over in TSval", "E      = ECN\nS      = SACK\ntheirs = client's window scale",
			"E      = SACK\nS      = ECN\ntheirs = client's window scale", "TSval is"},
		{"flags changed over in agreed", "E      = ECN\nS      = SACK\nT ", "E      = SACK\nS      = ECN\nT ",
			"agreed is"},
		{"ports changed over", "source port\n10    2   34    2   destination port",
			"destination port\n10    2   34    2   source port", "cookie vector 1: the ISN"},
		{"addresses changed over", "source address\n 4    4   16   16   destination address",
			"destination address\n 4    4   16   16   source address", "cookie vector 1: the ISN"},
		{"something else covered", "client's ISN\n16", "server's ISN\n16", "there is no server's ISN"},
		{"other bits in the safe-reset value", "low = MAC bits 29..0", "low = MAC bits 30..1",
			"safe-reset vector 1: the value"},
		{"no parity", "p   = epoch mod 2", "p   = chosen", "safe-reset vector"},
		{"no flag of the safe-reset variant", "R      = safe-reset", "R      = 0", "safe-reset vector 1: the value"},
		{"a figure less", "```bits agreed", "```", "there is no figure agreed"},
		{"a figure twice", "```bits TSval", "```bits ISN", "figure ISN: there is one already"},
		{"no layout", "```bytes MAC", "```bytes input", "there is no figure MAC"},
	}
	s, text := mustSources(t), cookiePage(t)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			changed := strings.Replace(text, c.old, c.new, 1)
			if changed == text {
				t.Fatal("the case changes nothing")
			}
			expectProblem(t, problemsOf(s, changed), c.want)
		})
	}
}

func expectProblem(t *testing.T, problems []string, want string) {
	t.Helper()
	if !slices.ContainsFunc(problems, func(p string) bool { return strings.Contains(p, want) }) {
		t.Errorf("%q has no %q", problems, want)
	}
}

func TestCookiePageFailsWhenWhatItSaysInWordsNoLongerHolds(t *testing.T) {
	cases := []struct {
		name   string
		change func(s *Sources)
		want   string
	}{
		{"a skew beyond half an epoch", func(s *Sources) { s.skewMax = 33 }, "the bounds are those of the formulas"},
		{"tombstones that are taken away early", func(s *Sources) { s.tombstone = 100 },
			"a tombstone lasts as long as a cookie lives"},
		{"not compared any more too early", func(s *Sources) { s.way = 147 }, "a cookie is compared for as long"},
		{"old keys for a shorter time", func(s *Sources) { s.retired = 1 }, "a retired key is accepted for as long"},
		{"a longer table", func(s *Sources) { s.mss[IPv4] = append(slices.Clone(s.mss[IPv4]), 9000) },
			"the tables are as long as the index allows"},
	}
	text := cookiePage(t)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := mustSources(t)
			c.change(&s)
			expectProblem(t, problemsOf(s, text), c.want)
		})
	}
}

func TestCookiePageFailsWhenTheCodeChanges(t *testing.T) {
	cases := []struct {
		name   string
		change func(s *Sources)
		want   string // a fact that differs
	}{
		{"shorter epochs", func(s *Sources) { s.epoch = 32 }, "epoch.s"},
		{"longer epochs", func(s *Sources) { s.epoch = 128 }, "wrap.s"},
		{"more epochs tried", func(s *Sources) { s.tried = 4 }, "odds.ack"},
		{"longer tombstones", func(s *Sources) { s.tombstone = 300 }, "tombstone"},
		{"cookies under way for longer", func(s *Sources) { s.way++ }, "way"},
		{"old keys for longer", func(s *Sources) { s.retired = 3 }, "retire.max"},
		{"one key more", func(s *Sources) { s.keysets = 4 }, "odds.replaced"},
		{"another default", func(s *Sources) { s.skew = 3 }, "skew.default"},
		{"another bound", func(s *Sources) { s.skewMax = 30 }, "skew.max"},
		{"a slower clock", func(s *Sources) { s.rules.slow = 4 }, "wrong.day.back"},
		{"a faster clock", func(s *Sources) { s.rules.fast = 3 }, "life.fast"},
		{"a more patient clock", func(s *Sources) { s.rules.grace *= 2 }, "clock.grace"},
		{"another MSS", func(s *Sources) { s.mss[IPv4] = slices.Clone(s.mss[IPv4]); s.mss[IPv4][3]++ },
			"mss.ipv4.loss"},
		{"another least MSS", func(s *Sources) { s.mssMin++ }, "mss.min"},
		{"another MSS unsaid", func(s *Sources) { s.mssNone[IPv6]++ }, "mss.default.ipv6"},
	}
	text := cookiePage(t)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := mustSources(t)
			c.change(&s)
			expectProblem(t, problemsOf(s, text), " is named "+c.want+", ")
		})
	}
}
