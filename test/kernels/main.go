// What Debian's own kernels make of synscreen: each is booted in an emulator, from a file system in memory.
// There the verifier looks at every BPF object, and a few of the end-to-end tests are run.
//
// Usage: kernels [--run REGEXP] DIRECTORY...    (each a kernel that test/setup/kernels.sh has unpacked)
//
// It needs root, for the cables between the emulated machine's network cards, and what `make kernels`
// builds. This program is also the first process of that machine.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"synscreen/test/lab"
)

func main() {
	if os.Getpid() == 1 {
		beFirst()
		return
	}
	if len(os.Args) == 2 && os.Args[1] == guestRole {
		exit(runGuest())
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	only := flag.String("run", "", "try only the tests whose names match this regular expression")
	flag.Parse()
	pattern, err := regexp.Compile(*only)
	if err != nil {
		exit(err)
	}
	exit(run(ctx, pattern, flag.Args()))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "kernels:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

var errWrong = errors.New("not all is as it should be")

func run(ctx context.Context, only *regexp.Regexp, kernels []string) error {
	if len(kernels) == 0 {
		return errors.New("no kernel is named")
	}
	all := make([]outcome, len(kernels))
	for i, kernel := range kernels {
		all[i].kernel = filepath.Base(kernel)
		start := time.Now()
		all[i].findings, all[i].err = tryKernel(ctx, only, kernel)
		all[i].took = time.Since(start)
	}
	if !printAll(os.Stdout, all) {
		return errWrong
	}
	return nil
}

// tryKernel boots a kernel in a network of its own.
func tryKernel(ctx context.Context, only *regexp.Regexp, kernel string) ([]finding, error) {
	root, err := lab.Root()
	if err != nil {
		return nil, err
	}
	stem := filepath.Join(root, "build/kernels", strings.TrimPrefix(filepath.Base(kernel), "linux-image-"))
	m := machine{kernel: kernel, initrd: stem + ".cpio", log: stem + ".log", findings: stem + ".findings"}
	image, err := makeImage(root, only)
	if err == nil {
		err = image.write(m.initrd, kernel)
	}
	if err != nil {
		return nil, err
	}
	defer os.Remove(m.initrd) // large, and made anew in a second
	if err := m.runAlone(ctx); err != nil {
		return nil, err
	}
	return m.report()
}

// runAlone takes everything away afterwards.
func (m machine) runAlone(ctx context.Context) error {
	return lab.Alone(func(l *lab.Lab) (err error) {
		if m.host, err = l.Namespace(ctx, "host"); err != nil {
			return err
		}
		return m.run(ctx)
	})
}

// makeImage says what a guest gets: all that the build has made, none of it by name.
func makeImage(root string, only *regexp.Regexp) (image, error) {
	build := func(name string) string { return filepath.Join(root, "build", name) }
	objects, err := filepath.Glob(build("c/*.bpf.o"))
	if err == nil && len(objects) == 0 {
		err = errors.New("there are no BPF objects: run make build")
	}
	tools, toolsErr := filepath.Glob(build("c/test/*"))
	self, selfErr := os.Executable()
	m := image{init: self, built: append(tools, build("bin/synscreen"))}
	m.plan = plan{Root: root, Verify: build("c/synscreen-verify"), Objects: objects,
		Tests: build("kernels/e2e.test"), Trials: matching(only), Cables: cables()}
	return m, errors.Join(err, toolsErr, selfErr)
}
