package main

import "fmt"

// finding is a line of a guest's report: of the kernel, of a program, of a test, or that it is the last one.
type finding struct {
	Release string `json:"release,omitempty"`

	Object       string `json:"object,omitempty"`
	Program      string `json:"program,omitempty"`
	Instructions int    `json:"instructions,omitempty"` // 0: refused

	Test    string  `json:"test,omitempty"`
	Cards   bool    `json:"cards,omitempty"`
	OK      bool    `json:"ok,omitempty"`
	Seconds float64 `json:"seconds,omitempty"`
	Lacks   string  `json:"lacks,omitempty"` // what the kernel does not have: the test was not tried

	End  bool   `json:"end,omitempty"`
	Says string `json:"says,omitempty"` // what is wrong
}

// instructionsMax is a third of the million that kernels grant, with room for what they count differently.
const instructionsMax = 400_000

// wrong says what is not as it should be.
func (f finding) wrong() string {
	switch {
	case f.Program != "" && f.Instructions == 0:
		return "refused: " + f.Says
	case f.Program != "" && f.Instructions > instructionsMax:
		return fmt.Sprintf("more than %d instructions", instructionsMax)
	case f.Test != "" && !f.OK && f.Lacks == "":
		return "failed"
	case f.End:
		return f.Says
	}
	return ""
}

// lacks says why a kernel cannot do what is tried.
func (t trial) lacks(running version) string {
	if !running.before(t.Needs.Since) {
		return ""
	}
	return fmt.Sprintf("%s is of Linux %s", t.Needs.What, t.Needs.Since)
}
