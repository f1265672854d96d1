// Package report is what benchmarks have in common: where they ran, what their samples amount to, and
// where results go.
package report

import (
	"fmt"
	"os"
	"runtime"
	"strings"
)

// Machine is where it was measured.
type Machine struct {
	Processor  string   `json:"processor"`
	Processors int      `json:"processors"`
	Vectors    []string `json:"vectors"`
	Hypervisor bool     `json:"hypervisor"`
	Kernel     string   `json:"kernel"`
}

// Describe is this machine.
func Describe() Machine {
	m := Machine{Processors: runtime.NumCPU()}
	if text, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		m.Kernel = strings.TrimSpace(string(text))
	}
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, ":")
		switch strings.TrimSpace(name) {
		case "model name":
			m.Processor = strings.TrimSpace(value)
		case "flags":
			m.flags(strings.Fields(value))
		case "":
			return m // one processor tells of all
		}
	}
	return m
}

func (m *Machine) flags(flags []string) {
	for _, f := range flags {
		switch f {
		case "avx2", "avx512f":
			m.Vectors = append(m.Vectors, f)
		case "hypervisor":
			m.Hypervisor = true
		}
	}
}

func (m Machine) String() string {
	virtual := ""
	if m.Hypervisor {
		virtual = ", a virtual machine"
	}
	return fmt.Sprintf("%d processors, %s%s, Linux %s", m.Processors, m.Processor, virtual, m.Kernel)
}
