package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestTrialsAreEndToEndTestsThatExist(t *testing.T) {
	files, err := filepath.Glob("../e2e/*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	for _, each := range trials {
		if !strings.Contains(all.String(), "\nfunc "+each.Test+"(t *testing.T) {\n") {
			t.Errorf("test/e2e has no %s", each.Test)
		}
	}
}

func TestTrialsThatAreAskedForAreFoundByName(t *testing.T) {
	found := matching(regexp.MustCompile("TwoHostPorts"))
	if len(found) != 2 || found[0].Cards || !found[1].Cards {
		t.Errorf("found %+v, want one on veth and one on cards", found)
	}
	if found := matching(regexp.MustCompile("")); len(found) != len(trials) {
		t.Errorf("found %d of %d trials", len(found), len(trials))
	}
}
