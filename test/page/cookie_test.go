package page

import (
	"os"
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
