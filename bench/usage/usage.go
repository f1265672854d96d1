// Package usage is processor time as the kernel counts it: of the machine, and of one process.
package usage

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

const ticksPerSecond = 100 // USER_HZ

// Machine is for how many seconds all processors together have not been idle since the machine's start.
func Machine() (float64, error) { return fromStat("cpu") }

// Processor is the same of one.
func Processor(number string) (float64, error) { return fromStat("cpu" + number) }

func fromStat(line string) (float64, error) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	return parseStat(string(text), line)
}

// parseStat reads proc(5)'s stat: user, nice, system, idle, iowait, irq, softirq, steal. What guests take is
// in the user's.
func parseStat(text, name string) (float64, error) {
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 9 || fields[0] != name {
			continue
		}
		ticks := 0.0
		for i, field := range fields[1:9] {
			n, err := strconv.ParseFloat(field, 64)
			if err != nil {
				return 0, fmt.Errorf("/proc/stat: %w", err)
			}
			if i != 3 && i != 4 { // idle, waiting for a disk
				ticks += n
			}
		}
		return ticks / ticksPerSecond, nil
	}
	return 0, fmt.Errorf("/proc/stat does not tell of %s", name)
}

// Own is what a process has taken with all its threads, in seconds.
type Own struct {
	User   float64 `json:"user"`
	System float64 `json:"system"`
}

// Minus is what was taken since.
func (o Own) Minus(since Own) Own { return Own{o.User - since.User, o.System - since.System} }

// Sum is both.
func (o Own) Sum() float64 { return o.User + o.System }

// Process is what a process has taken so far.
func Process(pid int) (Own, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return Own{}, err
	}
	return parseProcess(string(text))
}

// parseProcess reads proc(5)'s pid/stat. The name may have blanks and brackets in it: what counts begins
// behind the last bracket, with the third field; utime and stime are the 14th and the 15th.
func parseProcess(text string) (o Own, err error) {
	const first, utime, stime = 3, 14, 15
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(fields) <= stime-first {
		return o, fmt.Errorf("no stat of a process: %q", text)
	}
	for at, to := range map[int]*float64{utime: &o.User, stime: &o.System} {
		ticks, err := strconv.ParseFloat(fields[at-first], 64)
		if err != nil {
			return o, fmt.Errorf("the stat of a process: %w", err)
		}
		*to = ticks / ticksPerSecond
	}
	return o, nil
}
