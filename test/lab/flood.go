package lab

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
)

// FloodOptions shape a flood; see `synscreen-flood --help`.
type FloodOptions struct {
	Family  int    // 4 (default) or 6
	Source  string // a prefix that is spoofed; SpoofedPrefix of the family by default
	Address string // flooded; the server's of the family by default
	Ports   string // "80" (default) or "A-B"
	Rate    int    // segments per second; 0: all it can
	Seconds int    // 1-120
	Threads int    // 1 by default
	Options string // TCP options: "linux" (default) or "none"
	Flags   string // "syn" (default), "ack", "syn-ack" or "rst"
	CPU     string // pin to these CPUs, as taskset -c wants them; "" for no pinning
	Nice    int    // as nice(1) has it; below 0: before what else runs on the machine
}

// Flood is a running flood.
type Flood struct{ *Process }

// FloodResult is what a flood says at its end.
type FloodResult struct {
	Sent    uint64  `json:"sent"`
	Errors  uint64  `json:"errors"`
	Seconds float64 `json:"seconds"`
	Rate    float64 `json:"rate"`
}

// StartFlood floods the server, or another address behind its link-layer address, from the attacker
// with segments from the spoofed prefix, inside the lab's VLAN if it has one. It ends by itself.
func (w *WireLab) StartFlood(options FloodOptions) (*Flood, error) {
	binary, err := Built("c/test/synscreen-flood")
	if err != nil {
		return nil, err
	}
	args := []string{"nice", "-n", strconv.Itoa(options.Nice)}
	if options.CPU != "" {
		args = append(args, "taskset", "-c", options.CPU)
	}
	args = append(args, binary, "--json")
	p, err := w.Attacker.Start(append(args, w.floodArguments(options)...)...)
	return &Flood{p}, err
}

func (w *WireLab) floodArguments(options FloodOptions) []string {
	source, destination := SpoofedPrefix4, ServerAddr4
	if options.Family == 6 {
		source, destination = SpoofedPrefix6, ServerAddr6
	}
	if options.Address != "" {
		destination = options.Address
	}
	if options.Source != "" {
		source = options.Source
	}
	args := []string{"--interface", EndDev, "--source", source, "--destination", destination,
		"--dmac", ServerMAC, "--rate", strconv.Itoa(options.Rate),
		"--seconds", strconv.Itoa(options.Seconds)}
	if options.Ports != "" {
		args = append(args, "--ports", options.Ports)
	}
	if options.Threads != 0 {
		args = append(args, "--threads", strconv.Itoa(options.Threads))
	}
	if options.Options != "" {
		args = append(args, "--options", options.Options)
	}
	if options.Flags != "" {
		args = append(args, "--flags", options.Flags)
	}
	if w.options.VLAN != 0 {
		args = append(args, "--vlan", strconv.Itoa(w.options.VLAN))
	}
	return args
}

// Result waits for the flood's end.
func (f *Flood) Result(ctx context.Context) (FloodResult, error) {
	var result FloodResult
	if err := f.Wait(ctx); err != nil {
		return result, err
	}
	if err := json.Unmarshal([]byte(f.Stdout()), &result); err != nil {
		return result, fmt.Errorf("%s: %w", f, err)
	}
	return result, nil
}
