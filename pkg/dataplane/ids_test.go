package dataplane

import (
	"regexp"
	"testing"
)

func TestEveryScreenHasALabelAndARowOfItsOwn(t *testing.T) {
	label := regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
	seen := map[string]Screen{}
	for _, screen := range Screens() {
		if !label.MatchString(screen.String()) {
			t.Errorf("screen %d: label %q", int(screen), screen.String())
		}
		for _, name := range []string{screen.String(), screen.Row()} {
			if other, is := seen[name]; is || name == "" {
				t.Errorf("screens %d and %d are both %q", int(other), int(screen), name)
			}
			seen[name] = screen
		}
	}
	if unknown := ScreenCount; unknown.Row() != "unknown-37" || unknown.Tag() != "RT_SCREEN_IP" {
		t.Errorf("an unknown screen is %q, tag %s", unknown.Row(), unknown.Tag())
	}
}
