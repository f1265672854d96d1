package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLibrariesAreThoseThatLddHasFoundAndNamesOfThoseThatItHasNot(t *testing.T) {
	const ldd = `	linux-vdso.so.1 (0x00007ffd)
	libsynscreen.so => /src/build/bin/../lib/libsynscreen.so (0x00007f1)
	libgone.so.1 => not found
	libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f2)
	/lib64/ld-linux-x86-64.so.2 (0x00007f3)
`
	want := []string{"/src/build/bin/../lib/libsynscreen.so", "libgone.so.1", "/lib/x86_64-linux-gnu/libc.so.6",
		"/lib64/ld-linux-x86-64.so.2"}
	if diff := cmp.Diff(want, librariesOf(ldd)); diff != "" {
		t.Error(diff)
	}
	if got := librariesOf("\tstatically linked\n"); got != nil {
		t.Errorf("a program that is linked with nothing needs %q", got)
	}
}

func TestModulesAreOfTheDirectoriesThatAreWanted(t *testing.T) {
	for name, want := range map[string]bool{
		"/lib/modules/6.1.0/modules.dep":                                true,
		"/lib/modules/6.1.0/kernel/net/netfilter/nf_tables.ko":          true,
		"/lib/modules/6.12/kernel/drivers/net/veth.ko.xz":               true,
		"/lib/modules/6.12/kernel/drivers/virtio/virtio_pci.ko.xz":      true,
		"/lib/modules/6.1.0/kernel/drivers/net/vethernet/x.ko":          false,
		"/lib/modules/6.1.0/kernel/drivers/net/ethernet/intel/e1000.ko": false,
		"/lib/modules/6.1.0/kernel/sound/soundcore.ko":                  false,
	} {
		if got := isWanted(name); got != want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
