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
		name, _, _ := strings.Cut(each.Test, "/")
		if !strings.Contains(all.String(), "\nfunc "+name+"(t *testing.T) {\n") {
			t.Errorf("test/e2e has no %s", name)
		}
	}
}

func TestTrialsThatAreAskedForAreFoundByName(t *testing.T) {
	found := matching(regexp.MustCompile("HostPortSays"))
	if len(found) != 2 || found[0].Cards || !found[1].Cards {
		t.Errorf("found %+v, want one on veth and one on cards", found)
	}
	if found := matching(regexp.MustCompile("")); len(found) != len(trials) {
		t.Errorf("found %d of %d trials", len(found), len(trials))
	}
}

func TestTrialHasPassedOnlyIfItWasRun(t *testing.T) {
	each := trial{Test: "TestOne/after_it"}
	if got := each.pattern(); got != "^TestOne$/^after_it$" {
		t.Errorf("selected by %q", got)
	}
	for said, want := range map[string]bool{
		"--- PASS: TestOne (1.00s)\n    --- PASS: TestOne/after_it (1.00s)\nPASS\n":  true,
		"--- PASS: TestOne (1.00s)\n    --- SKIP: TestOne/after_it (1.00s)\nPASS\n":  false,
		"--- PASS: TestOne (1.00s)\n    --- PASS: TestOne/after_its (1.00s)\nPASS\n": false,
		"testing: warning: no tests to run\nPASS\n":                                  false,
	} {
		if got := each.passed(said); got != want {
			t.Errorf("%q: %t", said, got)
		}
	}
}
