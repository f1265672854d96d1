package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// outcome is what became of one kernel.
type outcome struct {
	kernel   string // its package
	findings []finding
	err      error // it was not tried to the end
	took     time.Duration
}

// parse reads a guest's report. One without its last line is of a guest that has not come to the end.
func parse(text string) (all []finding, err error) {
	for line := range strings.Lines(text) {
		var f finding
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			return all, fmt.Errorf("the guest reports %q: %w", line, err)
		}
		if f.End {
			if f.Says != "" {
				err = fmt.Errorf("the guest: %s", f.Says)
			}
			return all, err
		}
		all = append(all, f)
	}
	return all, fmt.Errorf("the guest has not come to the end")
}

func (o outcome) release() string {
	for _, f := range o.findings {
		if f.Release != "" {
			return f.Release
		}
	}
	return o.kernel
}

// isWrong says whether anything is not as it should be.
func (o outcome) isWrong() bool {
	wrong := o.err != nil
	for _, f := range o.findings {
		wrong = wrong || f.wrong() != ""
	}
	return wrong
}

// printAll prints tables of programs and of tests, then what went wrong; it returns whether nothing did.
func printAll(to io.Writer, all []outcome) bool {
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "kernel\tobject\tprogram\tinstructions\tverdict")
	for _, o := range all {
		for _, f := range o.findings {
			if f.Program != "" {
				fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%s\n", o.release(), f.Object, f.Program, f.Instructions,
					verdict(f, "loads"))
			}
		}
	}
	table.Flush()
	fmt.Fprintln(table, "\nkernel\tports\ttest\tseconds\tverdict")
	for _, o := range all {
		for _, f := range o.findings {
			if f.Test != "" {
				fmt.Fprintf(table, "%s\t%s\t%s\t%.1f\t%s\n", o.release(), ports(f), f.Test, f.Seconds,
					verdict(f, "ok"))
			}
		}
	}
	table.Flush()
	return printRest(to, all)
}

func ports(f finding) string {
	if f.Cards {
		return "virtio-net"
	}
	return "veth"
}

func verdict(f finding, good string) string {
	switch {
	case f.Lacks != "":
		return "not possible: " + f.Lacks
	case f.wrong() != "":
		return f.wrong()
	}
	return good
}

func printRest(to io.Writer, all []outcome) bool {
	good := true
	fmt.Fprintln(to)
	for _, o := range all {
		good = good && !o.isWrong()
		fmt.Fprintf(to, "%s: %.0f s\n", o.release(), o.took.Seconds())
		if o.err != nil {
			fmt.Fprintf(to, "%s: %v\n", o.release(), o.err)
		}
		for _, f := range o.findings {
			if f.Test != "" && f.wrong() != "" {
				fmt.Fprintf(to, "%s: %s, %s:\n%s\n", o.release(), f.Test, ports(f), f.Says)
			}
		}
	}
	return good
}
