package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// programs are what lab and tests start, beside what was built.
var programs = []string{"sh", "bash", "cat", "env", "nice", "nproc", "sha256sum", "sleep", "taskset",
	"timeout", "true", "bpftool", "bridge", "curl", "ethtool", "ip", "nft", "nginx", "nstat", "ss", "sysctl", "tc"}

// moduleDirs hold the modules that these programs have the kernel ask for, by modprobe.
var moduleDirs = []string{"net", "lib", "crypto", "arch/x86/crypto", "drivers/net/veth",
	"drivers/net/virtio_net", "drivers/net/net_failover", "drivers/net/tun", "drivers/virtio"}

// plan is what a guest is to do; it finds it as a file.
type plan struct {
	Root    string   // of the source tree, the same as here
	Verify  string   // the program that loads objects
	Objects []string // BPF objects
	Tests   string   // the compiled tests
	Trials  []trial
	Cables  string // of the network cards: see lab
}

const planFile = "/plan.json"

// dispatcherFiles are what libxdp puts beneath programs that share an interface.
const dispatcherFiles = "/usr/lib/*/bpf/xdp-dispatcher.o"

// image is what goes into the guest's file system. All is where it is on this machine.
type image struct {
	plan  plan
	init  string   // the guest's first process
	built []string // programs and files that the tests look for in the build tree
}

// write makes the initramfs for a kernel that is unpacked in a directory.
func (m image) write(name, kernel string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	buffered := bufio.NewWriterSize(f, 1<<20)
	a := newArchive(buffered)
	m.addSystem(a)
	err = errors.Join(m.addPrograms(a), addModules(a, kernel), m.addPlan(a), a.end(), buffered.Flush())
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func (m image) addSystem(a *archive) {
	for _, dir := range []string{"/dev", "/proc", "/sys", "/run/netns", "/tmp", "/root", "/var/log/nginx",
		"/var/lib/nginx", filepath.Join(m.plan.Root, "test/e2e")} {
		a.directory(dir)
	}
	a.device("/dev/console", 5, 1)
	a.text("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n")
	a.text("/etc/group", "root:x:0:\n")
	a.file("/init", m.init)
	a.file(filepath.Join(m.plan.Root, "go.mod"), filepath.Join(m.plan.Root, "go.mod"))
	a.link("/bin/sh", "dash")
}

func (m image) addPlan(a *archive) error {
	text, err := json.Marshal(m.plan)
	a.text(planFile, string(text))
	return err
}

func (m image) addPrograms(a *archive) error {
	files := append([]string{m.plan.Verify, m.plan.Tests, "/bin/dash"}, m.built...)
	for _, name := range programs {
		found, err := exec.LookPath(name)
		if err != nil {
			return err
		}
		files = append(files, found)
	}
	modprobe, err := exec.LookPath("modprobe")
	if err != nil {
		return err
	}
	dispatchers, err := filepath.Glob(dispatcherFiles)
	if err != nil {
		return err
	}
	a.file("/sbin/modprobe", modprobe) // where the kernel looks for it
	for _, file := range slices.Concat(files, dispatchers, m.plan.Objects) {
		a.file(file, file)
	}
	return addLibraries(a, append(files, modprobe))
}

// addLibraries adds what programs are linked with. What is linked with nothing is no error.
func addLibraries(a *archive, files []string) error {
	for _, file := range files {
		out, _ := exec.Command("ldd", file).Output()
		for _, library := range librariesOf(string(out)) {
			if !filepath.IsAbs(library) {
				return fmt.Errorf("%s needs %s, which is nowhere", file, library)
			}
			a.file(library, library)
		}
	}
	return nil
}

// librariesOf are the paths in what ldd(1) says; a library that it does not find is its name alone.
func librariesOf(ldd string) (paths []string) {
	for line := range strings.Lines(ldd) {
		fields := strings.Fields(line)
		switch {
		case len(fields) >= 3 && fields[1] == "=>" && fields[2] == "not":
			paths = append(paths, fields[0])
		case len(fields) >= 3 && fields[1] == "=>":
			paths = append(paths, fields[2])
		case len(fields) == 2 && filepath.IsAbs(fields[0]):
			paths = append(paths, fields[0])
		}
	}
	return paths
}

// addModules adds a part of a kernel's modules and all that is known about them.
func addModules(a *archive, kernel string) error {
	modules := filepath.Join(kernel, "lib/modules")
	return filepath.WalkDir(modules, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		name := strings.TrimPrefix(path, kernel)
		if isWanted(name) {
			a.file(name, path)
		}
		return nil
	})
}

// isWanted looks at a path like /lib/modules/6.1.0/kernel/net/ipv4/ip_tables.ko.
func isWanted(name string) bool {
	parts := strings.SplitN(name, "/", 6)
	if len(parts) < 6 || parts[4] != "kernel" {
		return len(parts) == 5 // modules.dep and the like
	}
	for _, dir := range moduleDirs {
		if rest, found := strings.CutPrefix(parts[5], dir); found && (rest[0] == '/' || rest[0] == '.') {
			return true
		}
	}
	return false
}
