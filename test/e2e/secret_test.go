package e2e

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"synscreen/test/lab"
)

// secretZone is the screened zone's name, which is no secret: it is found wherever one looks.
const secretZone = "zone-that-may-be-seen"

// epochsToCome is how many epochs pass at most while a daemon is looked through.
const epochsToCome = 30

// secret is one way of master keys through a daemon that is then looked through.
type secret struct {
	name    string
	keyFile bool           // the master key is in a file of the operator's
	short   bool           // epochs are short, and the first key is forgotten
	signal  syscall.Signal // that ends the daemon, with a core dump
}

func TestMasterKeysShowNowhere(t *testing.T) {
	t.Parallel()
	dumpIntoWorkingDirectories(t)
	for _, s := range []secret{
		{name: "own key, replaced", signal: syscall.SIGABRT},
		{name: "key of a file, replaced", signal: syscall.SIGQUIT, keyFile: true},
		{name: "own key, replaced and forgotten", signal: syscall.SIGABRT, short: true},
	} {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			s.wantHidden(t)
		})
	}
}

func (s secret) wantHidden(t *testing.T) {
	w := lab.WireForTest(t, lab.WireOptions{})
	startNginx(t, w)
	dir := filepath.Join(w.Dir(), "dead")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	c := configuration{zone: secretZone}
	if s.keyFile {
		c.keyFile = writeKey(t, w.Dir(), "shared.key", "the first of "+t.Name())
	}
	d := s.start(t, w, c, dir)
	floods := startLightFloods(t, w, d, 80, families...)
	first := d.cookies(t).CheckEpoch
	keys := s.live(t, d, c)
	all := needlesOfKeys(keys, first-1, d.cookies(t).CheckEpoch+epochsToCome)
	looked := newSearch(all)
	wantInMemory(t, d, looked, keys)
	wantHiddenInTexts(t, d, looked)
	for _, f := range floods { // a key that is in use is in a register; one that is left behind must not be
		if err := f.Kill(); err != nil {
			t.Error(err)
		}
	}
	wantHiddenInCore(t, d, all, s.signal, dir)
}

// start starts a daemon that says all it can.
func (s secret) start(t testing.TB, w *lab.WireLab, c configuration, dir string) *daemon {
	t.Helper()
	flags := []string{"--log-level", "debug", "--metrics", metricsAddress}
	if s.short {
		return startShortEpochsBy(t, w, dumping(dir), c, flags...)
	}
	d := launchDaemonBy(t, w, dumping(dir), c, append(flags, noLearning)...)
	d.waitRunning(t)
	return d
}

// live has the daemon do all that it does with keys, and returns the master keys that it has had, the
// active one last.
func (s secret) live(t testing.TB, d *daemon, c configuration) (keys [][]byte) {
	t.Helper()
	file := filepath.Join(d.state, "master.key")
	if s.keyFile {
		file = c.keyFile
	}
	keys = append(keys, readKey(t, file))
	visitSome(t, d)
	restart{keyFile: s.keyFile}.replaceKey(t, d.lab, d)
	keys = append(keys, readKey(t, file))
	if string(keys[0]) == string(keys[1]) {
		t.Error("the key in the file is the one before")
	}
	visitSome(t, d)
	c.attack, c.noSkew = 300, s.short
	d.mustCommit(t, c)
	if s.short {
		d.waitForgotten(t)
	}
	visitSome(t, d)
	return keys
}

// visitSome makes some connections over either family, which are challenged and spliced.
func visitSome(t testing.TB, d *daemon) {
	t.Helper()
	const each = 10
	before := d.status(t)
	for _, family := range families {
		_, err := d.lab.Client.Run(t.Context(), curl("-m", "20", "-H", "Connection: close", "-o", "/dev/null",
			lab.URL(family, 80, fmt.Sprintf("/index.html?[1-%d]", each)))...)
		if err != nil {
			t.Error(err)
		}
	}
	wantSpliced(t, d, before, uint64(each*len(families)))
}

// needlesOfKeys are the master keys, and what derives from them: the zones' keys, and those of the
// epochs from first to last.
func needlesOfKeys(masters [][]byte, first, last uint64) (all []needle) {
	for i, master := range masters {
		all = append(all, needlesOf(fmt.Sprintf("master key %d", i), master)...)
		for _, zone := range []string{secretZone, "trust"} {
			key := zoneKey(master, zone)
			all = append(all, needlesOf(fmt.Sprintf("key %d of %s", i, zone), key)...)
			for epoch := first; epoch <= last; epoch++ {
				all = append(all, needlesOf(fmt.Sprintf("key %d of %s in epoch %d", i, zone, epoch), epochKey(key, epoch))...)
			}
		}
	}
	return all
}

// wantInMemory asserts that what is looked for is what the daemon has: in the living process, where
// they have to be, the active master key and an epoch's key of it are found. A zone's key is not: it is
// wiped as soon as the epochs' keys are made of it.
func wantInMemory(t testing.TB, d *daemon, looked *search, keys [][]byte) {
	t.Helper()
	active := len(keys) - 1
	wanted := map[string]bool{
		fmt.Sprintf("master key %d, ", active):                   false,
		fmt.Sprintf("key %d of %s in epoch", active, secretZone): false,
	}
	for _, f := range looked.inMemory(t, d.Process) {
		for prefix := range wanted {
			wanted[prefix] = wanted[prefix] || strings.HasPrefix(f.name, prefix)
		}
		if strings.HasPrefix(f.name, "key") && !strings.Contains(f.name, "epoch") {
			t.Errorf("living process: %s: it is needed only for a moment", f)
		}
	}
	for prefix, found := range wanted {
		if !found {
			t.Errorf("living process: %s... is not found: the search is blind", prefix)
		}
	}
}

// wantHiddenInTexts looks through everything that the daemon tells.
func wantHiddenInTexts(t testing.TB, d *daemon, looked *search) {
	t.Helper()
	fingerprint := d.cookies(t).Key.Active
	for name, text := range map[string]string{
		"the log":             d.Output(),
		"show":                d.everyShow(t),
		"the metrics":         d.metrics(t),
		"the state directory": stateTexts(t, d, looked),
	} {
		if !strings.Contains(text, fingerprint) && !strings.Contains(text, secretZone) {
			t.Errorf("%s: neither a fingerprint nor a zone is told: something else was read:\n%s", name, text)
		}
		found, err := looked.in(strings.NewReader(text))
		if err != nil {
			t.Error(err)
		}
		for _, f := range found {
			f.in = name
			t.Error(f)
		}
	}
}

const metricsAddress = "127.0.0.1:9700"

func (d *daemon) metrics(t testing.TB) string {
	t.Helper()
	out, err := d.lab.Wire.Run(t.Context(), curl("-m", "5", "http://"+metricsAddress+"/metrics")...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// everyShow is what all commands below show print, as text and as JSON.
func (d *daemon) everyShow(t testing.TB) string {
	t.Helper()
	var b strings.Builder
	commands := d.commands(t, "show")
	for _, command := range commands {
		for _, flags := range [][]string{nil, {"--json"}} {
			out, err := d.synscreen(t.Context(), append(strings.Fields(command), flags...)...)
			if err != nil {
				t.Error(err)
			}
			fmt.Fprintf(&b, "%s %s\n%s\n", command, flags, out)
		}
	}
	if !strings.Contains(b.String(), "show security syn-cookie [--json]") {
		t.Errorf("show commands %q are not all", commands)
	}
	return b.String()
}

// commands are the commands that begin with some words, as --help tells them.
func (d *daemon) commands(t testing.TB, words string) (all []string) {
	t.Helper()
	help, err := d.synscreen(t.Context(), append(strings.Fields(words), "--help")...)
	if err != nil {
		t.Fatal(err)
	}
	_, list, found := strings.Cut(help, "Available Commands:\n")
	if !found {
		return []string{words}
	}
	list, _, _ = strings.Cut(list, "\n\n")
	for line := range strings.Lines(list) {
		all = append(all, d.commands(t, words+" "+strings.Fields(line)[0])...)
	}
	return all
}

// stateTexts is what the files of the state directory say that are no keys. Those that are hold what is
// looked for, and nobody else may read them.
func stateTexts(t testing.TB, d *daemon, looked *search) string {
	t.Helper()
	var b strings.Builder
	state := os.DirFS(d.state)
	err := fs.WalkDir(state, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(state, path)
		if err != nil {
			return err
		}
		if filepath.Ext(path) != ".key" {
			fmt.Fprintf(&b, "%s\n%s\n", path, text)
			return nil
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		found, err := looked.in(strings.NewReader(string(text)))
		if len(found) != 4 || info.Mode() != 0o600 {
			t.Errorf("%s: mode %s, %d pieces of a key, want 4: %v", path, info.Mode(), len(found), err)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// wantHiddenInCore looks through a core dump of the daemon, and what it said at its end.
func wantHiddenInCore(t testing.TB, d *daemon, all []needle, signal syscall.Signal, dir string) {
	t.Helper()
	before := snapshotOf(t, d.Process)
	path := d.crash(t, signal, dir)
	marker := needle{"the zone's name", secretZone}
	seen := 0
	for _, f := range newSearch(append(all, marker)).inCore(t, path, before) {
		if f.needle == marker {
			seen++
			continue
		}
		t.Errorf("core dump: %s", f)
	}
	if seen == 0 {
		t.Error("core dump: the zone's name is not found: the search is blind")
	}
	t.Logf("core dump: the zone's name was found %d times", seen)
	found, err := newSearch(all).in(strings.NewReader(d.Output()))
	if err != nil || len(found) > 0 {
		t.Errorf("last words: %v, %v", found, err)
	}
	if !strings.Contains(d.Output(), "goroutine") {
		t.Errorf("the daemon did not end by %s:\n%s", signal, d.Output())
	}
}
