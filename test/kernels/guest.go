package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	guestPath  = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	reportPort = "/dev/ttyS1"
	guestRole  = "guest"
)

// beFirst is the guest's first process: it mounts what everybody expects, starts another one that does the
// work, buries who dies meanwhile, and switches the machine off.
func beFirst() {
	err := mountAll()
	if err == nil { // what else is needed the kernel asks for itself
		err = exec.Command("/sbin/modprobe", "-a", "virtio_pci", "virtio_net").Run()
	}
	if err == nil {
		err = startAndBury("/proc/self/exe", guestRole)
	}
	if err != nil {
		fmt.Println("init:", err)
	}
	unix.Sync()
	_ = unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF)
}

func mountAll() error {
	for _, m := range []struct{ kind, at string }{{"proc", "/proc"}, {"sysfs", "/sys"}, {"devtmpfs", "/dev"},
		{"tmpfs", "/tmp"}, {"tmpfs", "/run"}, {"bpf", "/sys/fs/bpf"}} {
		if err := unix.Mount(m.kind, m.at, m.kind, 0, ""); err != nil {
			return fmt.Errorf("%s: %w", m.at, err)
		}
	}
	if err := os.MkdirAll("/dev/shm", 0o777); err != nil {
		return err
	}
	return unix.Mount("tmpfs", "/dev/shm", "tmpfs", 0, "")
}

func startAndBury(name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Env = []string{guestPath, "HOME=/root", "TMPDIR=/tmp"}
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		return err
	}
	for {
		pid, err := unix.Wait4(-1, nil, 0, nil)
		if pid == cmd.Process.Pid || err != nil && err != syscall.EINTR {
			return err
		}
	}
}

// guest does what the plan says and reports.
type guest struct {
	plan
	report *json.Encoder
}

func runGuest() error {
	port, err := os.OpenFile(reportPort, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer port.Close()
	g := guest{report: json.NewEncoder(port)}
	text, err := os.ReadFile(planFile)
	if err == nil {
		err = json.Unmarshal(text, &g.plan)
	}
	if err == nil {
		err = g.run()
	}
	end := finding{End: true}
	if err != nil {
		end.Says = err.Error()
	}
	return g.report.Encode(end)
}

func (g guest) run() error {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return err
	}
	release := unix.ByteSliceToString(name.Release[:])
	running, err := versionOf(release)
	if err != nil {
		return err
	}
	if err := g.report.Encode(finding{Release: release}); err != nil {
		return err
	}
	if err := g.load(); err != nil {
		return err
	}
	for _, t := range g.Trials {
		f := finding{Test: t.Test, Cards: t.Cards, Lacks: t.lacks(running)}
		if f.Lacks == "" {
			g.try(t, &f)
		}
		if err := g.report.Encode(f); err != nil {
			return err
		}
	}
	return nil
}

// load has the verifier look at each object.
func (g guest) load() error {
	cmd := exec.Command(g.Verify, g.Objects...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output() // it fails where a program is refused, and says so
	found := 0
	for line := range strings.Lines(string(out)) {
		fields := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if len(fields) != 4 {
			return fmt.Errorf("verifier's report: %q", line)
		}
		count, err := strconv.Atoi(fields[2])
		if err != nil {
			return err
		}
		found++
		f := finding{Object: fields[0], Program: fields[1], Instructions: count, Says: fields[3]}
		if err := g.report.Encode(f); err != nil {
			return err
		}
	}
	if found == 0 {
		return fmt.Errorf("no program was loaded: %v", err)
	}
	return nil
}

// try runs one test. What it says goes to the console as well.
func (g guest) try(t trial, f *finding) {
	cmd := exec.Command(g.Tests, "-test.run", t.pattern(), "-test.v", "-test.parallel", "1",
		"-test.timeout", trialMax.String())
	cmd.Dir = g.Root + "/test/e2e"
	cmd.Env = append(os.Environ(), "SYNSCREEN_LAB_PATIENCE=8")
	if t.Cards {
		cmd.Env = append(cmd.Env, "SYNSCREEN_LAB_CARDS="+g.Cables)
	}
	start := time.Now()
	out, err := cmd.CombinedOutput()
	f.Seconds = time.Since(start).Seconds()
	fmt.Printf("%s", out)
	f.OK = err == nil && t.passed(string(out))
	if !f.OK {
		f.Says = fmt.Sprintf("%s%v", out, err)
	}
}
