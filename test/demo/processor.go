package main

import (
	"fmt"
	"os/exec"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Who runs where, with two processors or more: the generator on the first, the worker of the engine
// on the second. Everybody else goes where the kernel puts him.

func env(name, def string) string {
	if v, ok := os.LookupEnv(name); ok {
		return v
	}
	return def
}

func attackCPU() string { return env("D_ATTACK_CPU", "0") }
func attackNice() int   { n, _ := strconv.Atoi(env("D_NICE", "0")); return n }

func engineCPU() string { return env("D_ENGINE_CPU", "1") }

// napi
func napiThreads() map[int]bool {
	found := map[int]bool{}
	paths, _ := filepath.Glob("/proc/[0-9]*/comm")
	for _, path := range paths {
		text, _ := os.ReadFile(path)
		if strings.HasPrefix(string(text), "napi/outer-") {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			found[pid] = true
		}
	}
	return found
}

func tuneNapi(before map[int]bool) {
	for pid := range napiThreads() {
		if before[pid] {
			continue
		}
		if c := env("D_NAPI_CPU", ""); c != "" {
			exec.Command("taskset", "-pc", c, strconv.Itoa(pid)).Run()
		}
		if c := env("D_NAPI_NICE", ""); c != "" {
			exec.Command("renice", "-n", c, "-p", strconv.Itoa(pid)).Run()
		}
		if c := env("D_NAPI_FIFO", ""); c != "" {
			exec.Command("chrt", "-f", "-p", c, strconv.Itoa(pid)).Run()
		}
		fmt.Println("napi", pid)
	}
}

// threadsNamed finds the threads of a process by their name.
func threadsNamed(pid int, name string) []int {
	var found []int
	paths, _ := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/task/*/comm")
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil || strings.TrimSpace(string(text)) != name {
			continue
		}
		if tid, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
			found = append(found, tid)
		}
	}
	return found
}

func envn(name string, def int) int {
	n, err := strconv.Atoi(env(name, ""))
	if err != nil {
		return def
	}
	return n
}
