package e2e

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"synscreen/pkg/dataplane"
	"synscreen/test/lab"
)

// kernelSince says whether this kernel is Linux major.minor or newer.
func kernelSince(t testing.TB, sinceMajor, sinceMinor int) bool {
	t.Helper()
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		t.Fatal(err)
	}
	release := unix.ByteSliceToString(name.Release[:])
	var major, minor int
	if _, err := fmt.Sscanf(release, "%d.%d", &major, &minor); err != nil {
		t.Fatalf("kernel release %q: %v", release, err)
	}
	return major > sinceMajor || major == sinceMajor && minor >= sinceMinor
}

// kernelAdmits says whether this kernel is one that makes connections out of cookies.
func kernelAdmits(t testing.TB) bool {
	t.Helper()
	return kernelSince(t, 6, 9)
}

// A kernel that makes no connections out of cookies is told of by name; what needs none of it goes on.
func TestHostPortSaysWhetherItsKernelAdmitsAndAdmitsByOtherMeansWhereNot(t *testing.T) {
	t.Parallel()
	w := hostLab(t)
	startContent(t, w)
	d := startDaemon(t, w, hostConfig{unset: true})
	mode, said := d.status(t).Mode, "kernel_admission: yes"
	refusal := d.commit(t, hostConfig{}.String())
	if kernelAdmits(t) {
		if mode != dataplane.ModeSynCookie || refusal != nil {
			t.Errorf("this kernel admits; mode %v runs, and syn-cookie: %v", mode, refusal)
		}
		wantPagesBy(t, d, hostConfig{activation: "always"}, "shim_host_admitted")
	} else {
		said = "bpf_sk_assign_tcp_reqsk is of Linux 6.9"
		if mode != dataplane.ModeDrop {
			t.Errorf("mode %v runs, want drop", mode)
		}
		for _, text := range []string{said, "safe-reset"} {
			if refusal == nil || !strings.Contains(refusal.Error(), text) {
				t.Errorf("syn-cookie without what it needs: %v, want %q", refusal, text)
			}
		}
	}
	if out, err := d.synscreen(t.Context(), "show", "capabilities"); err != nil || !mentions(out, said) {
		t.Errorf("show capabilities does not say %q: %v\n%s", said, err, out)
	}
	c := hostConfig{activation: "always", admission: "safe-reset", validated: 60}
	wantPagesBy(t, d, c, "shim_host_validated")
}

// wantPagesBy commits a configuration and asserts that clients are let in as a counter says. It may count
// one twice: its first two segments may be in two queues.
func wantPagesBy(t testing.TB, d *daemon, c hostConfig, counter string) {
	t.Helper()
	d.mustCommit(t, c)
	for i, family := range families {
		getPage(t, d.lab, family, 0)
		if n := frames(t, d.status(t), lab.EndDev, counter); n <= uint64(i) {
			t.Errorf("%s is %d after %d clients", counter, n, i+1)
		}
	}
}

// mentions looks for a text without regard to how a table is filled up with blanks.
func mentions(table, text string) bool {
	squeeze := func(s string) string { return strings.Join(strings.Fields(strings.ReplaceAll(s, ":", " ")), " ") }
	return strings.Contains(squeeze(table), squeeze(text))
}
