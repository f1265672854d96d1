package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"text/tabwriter"

	"synscreen/bench/report"
	"synscreen/test/lab"
)

const (
	workSYN, workValid, workInvalid, workMAC = "syn", "ack valid", "ack invalid", "mac"

	waySynscreen, wayKernel, wayMint, wayBase = "synscreen", "kernel helper", "kernel helper, mint", "base"
)

// subject is what was measured, once in each round.
type subject struct {
	Work   string `json:"work"`
	Way    string `json:"way"`
	Code   string `json:"code"`
	Family int    `json:"family"`
	Burst  int    `json:"burst"`
	Cold   bool   `json:"cold"`
}

// cost is one row of the results. Of the kernel's programs the base's cost is taken off.
type cost struct {
	subject
	NS           report.Sample `json:"ns"`
	Median       float64       `json:"median_ns"`
	Noise        report.Number `json:"noise"`
	OfKernel     float64       `json:"of_kernel_helper,omitempty"` // paired by round
	Instructions float64       `json:"instructions,omitempty"`     // by callgrind
}

type cyclesResults struct {
	Machine report.Machine `json:"machine"`
	Rounds  int            `json:"rounds"`
	Costs   []*cost        `json:"costs"`
}

// cycles measures what a SYN and an ACK cost.
func cycles(ctx context.Context, rounds int, _ *progress) error {
	r := cyclesResults{Machine: report.Describe(), Rounds: rounds}
	samples, order, err := runCycles(ctx, r.Rounds)
	if err != nil {
		return err
	}
	for _, s := range order {
		if c := costOf(s, samples); c != nil {
			r.Costs = append(r.Costs, c)
		}
	}
	if err := r.countInstructions(ctx); err != nil {
		return err
	}
	r.print(os.Stdout)
	return report.Store("cycles", r)
}

func runCycles(ctx context.Context, rounds int) (map[subject]report.Sample, []subject, error) {
	samples := map[subject]report.Sample{}
	var order []subject
	type line struct {
		subject
		NS float64 `json:"ns"`
	}
	err := benchTool(ctx, func(l line) {
		if samples[l.subject] == nil {
			order = append(order, l.subject)
		}
		samples[l.subject] = append(samples[l.subject], l.NS)
	}, "bench-cycles", strconv.Itoa(rounds))
	return samples, order, err
}

// benchTool runs one of the C programs, whose output is a JSON object a line.
func benchTool[line any](ctx context.Context, take func(line), name string, args ...string) error {
	binary, err := lab.Built("c/bench/" + name)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	decoder := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var l line
		if err := decoder.Decode(&l); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		take(l)
	}
}

// kernelNet is what the kernel's way costs beyond putting the frame in place.
func kernelNet(s subject, samples map[subject]report.Sample) report.Sample {
	base := s
	base.Way = wayBase
	return report.Pair(samples[s], samples[base], report.Minus)
}

// costOf is nil of what is no row of its own.
func costOf(s subject, samples map[subject]report.Sample) *cost {
	c := &cost{subject: s, NS: samples[s]}
	switch s.Way {
	case wayBase:
		return nil
	case wayKernel, wayMint:
		c.NS = kernelNet(s, samples)
	case waySynscreen:
		kernel := subject{Work: s.Work, Way: wayKernel, Code: "bpf", Family: s.Family, Burst: 1}
		if net := kernelNet(kernel, samples); net != nil {
			c.OfKernel = report.Pair(c.NS, net, report.Over).Median()
		}
	}
	c.Median, c.Noise = c.NS.Median(), c.NS.Noise()
	return c
}

// countInstructions has callgrind count the instructions of a frame: a number that does not depend on
// what else the machine does. It knows no AVX-512, so the code is one of the others.
func (r *cyclesResults) countInstructions(ctx context.Context) error {
	if _, err := exec.LookPath("valgrind"); err != nil {
		fmt.Fprintln(os.Stderr, "cycles: instructions are not counted: there is no valgrind")
		return nil
	}
	for _, c := range r.Costs {
		if c.Way != waySynscreen || c.Cold || c.Burst != 64 || c.Code == "avx512" {
			continue
		}
		var err error
		if c.Instructions, err = instructions(ctx, c.subject); err != nil {
			return err
		}
	}
	return nil
}

const countedGroups = 50

func instructions(ctx context.Context, s subject) (float64, error) {
	binary, err := lab.Built("c/bench/bench-cycles")
	if err != nil {
		return 0, err
	}
	cmd := exec.CommandContext(ctx, "valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
		"--toggle-collect=measured", binary, "count", s.Work, s.Code, strconv.Itoa(s.Family),
		strconv.Itoa(s.Burst), strconv.Itoa(countedGroups))
	out, err := cmd.CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("callgrind: %w: %s", err, out)
	}
	_, rest, found := strings.Cut(string(out), "Collected : ")
	var n float64
	if _, err := fmt.Sscan(rest, &n); !found || err != nil {
		return 0, fmt.Errorf("callgrind: it has counted nothing: %s", out)
	}
	return n / countedGroups / 64, nil
}

var workTitles = map[string]string{
	workSYN:     "SYN: parsed, decided, its cookie minted, the SYN-ACK written in place",
	workValid:   "ACK with a valid cookie: parsed, decided as far as to the cookie, checked",
	workInvalid: "ACK with an invalid cookie: parsed, decided, checked, refused",
	workMAC:     "the MAC alone, by libsodium's crypto_shorthash (24 bytes of IPv4, 48 of IPv6)",
}

func (r *cyclesResults) print(w io.Writer) {
	fmt.Fprintf(w, "\nCycles: ns per frame, medians of %d rounds\n", r.Rounds)
	for _, work := range []string{workSYN, workValid, workInvalid, workMAC} {
		fmt.Fprintf(w, "\n%s\n", workTitles[work])
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintln(t, "\tIP\tburst\tframes\tns\tnoise\tof the helper\tinstructions\t")
		for _, c := range r.Costs {
			if c.Work == work {
				c.print(t)
			}
		}
		t.Flush()
	}
}

func (c *cost) print(w io.Writer) {
	name, frames, ratio, count := c.Way, "warm", "", ""
	if c.Way == waySynscreen {
		name += ", " + c.Code
		ratio = fmt.Sprintf("%.2f", c.OfKernel)
	}
	if c.Cold {
		frames = "cold"
	}
	if c.Instructions > 0 {
		count = fmt.Sprintf("%.0f", c.Instructions)
	}
	fmt.Fprintf(w, "%s\tv%d\t%d\t%s\t%.1f\t%s\t%s\t%s\t\n", name, c.Family, c.Burst, frames, c.Median,
		report.Percent(c.Noise), ratio, count)
}
