package dataplane

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// hostCounters gives each counter of the engine's that host ports have a number of its own.
func hostCounters(t *testing.T) []ShimCount {
	t.Helper()
	counts := []ShimCount{{Counter: "shim_to_engine", Frames: 99}}
	for i, row := range headerCounters(t) {
		if strings.HasPrefix(row.Name, "shim_host_") {
			counts = append(counts, ShimCount{Counter: row.Name, Frames: uint64(1000 + i)})
		}
	}
	return counts
}

// Every count of a host port is one that the engine has: a misspelt name would read as 0 for ever.
func TestHostPortsHaveTheEnginesCounters(t *testing.T) {
	counts := hostCounters(t)
	of := map[string]uint64{}
	for _, c := range counts {
		of[strings.TrimPrefix(c.Counter, "shim_host_")] = c.Frames
	}
	got := HostPorts([]PortStatus{
		{Interface: "eth1", Zone: "untrust", Wire: "w1", Shim: counts},
		{Interface: "eth0", Zone: "world", Host: true, Admission: AdmissionKernel, Shim: counts},
	})
	want := []HostPort{{Interface: "eth0", Zone: "world", Admission: AdmissionKernel, Asked: of["asked"],
		Admitted: of["admitted"], NotAdmitted: of["not_admitted"], KernelCookies: of["kernel_cookie"],
		Invalid: of["cookie_invalid"], Punted: of["punted"]}}
	if diff := cmp.Diff(want, got); diff != "" || got[0].Asked == 0 || got[0].Invalid == 0 {
		t.Errorf("host ports (-want +got):\n%s", diff)
	}
}

func TestCountersOfHostPortsAreToldFromThoseOfAll(t *testing.T) {
	kinds := map[string]int{}
	for _, c := range hostCounters(t) {
		switch {
		case !c.OfHosts():
			kinds["all"]++
		case !c.OfFrames():
			kinds["questions"]++
		default:
			kinds["frames of hosts"]++
		}
	}
	if diff := cmp.Diff(map[string]int{"all": 1, "questions": 1, "frames of hosts": 13}, kinds); diff != "" {
		t.Errorf("kinds (-want +got):\n%s", diff)
	}
}

// The page tells what each admission of a host port needs and does; a new one must be told there, too.
func TestEachAdmissionIsInTheReference(t *testing.T) {
	page := readText(t, "../../docs/configuration.md")
	for _, name := range admissionNames()[1:] {
		if !regexp.MustCompile("(?m)^\\| `" + name + "` \\|").MatchString(page) {
			t.Errorf("docs/configuration.md has no row for admission %s", name)
		}
	}
}
