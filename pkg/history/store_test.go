package history

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func open(t *testing.T, dir string) *Store {
	t.Helper()
	store, unread, err := Open(dir)
	if err != nil || len(unread) > 0 {
		t.Fatalf("error %v, unread %v", err, unread)
	}
	return store
}

// nth is the record of the n-th commit.
func nth(n int, way Way) Record {
	return Record{
		Name: fmt.Sprintf("%d.conf", n), Way: way, Generation: uint64(n), Unconfirmed: way == CommitConfirmed,
		Time: time.Date(2026, 1, 2, 3, 4, n, 0, time.UTC),
	}
}

func keep(t *testing.T, s *Store, record Record, text string) {
	t.Helper()
	if err := s.Keep(record, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

// listed is a line for each configuration: name, way and text.
func listed(t *testing.T, s *Store) []string {
	t.Helper()
	var lines []string
	for number := range s.Len() {
		record, text, err := s.Read(number)
		if err != nil {
			t.Fatal(err)
		}
		line := fmt.Sprintf("%s %s %q", record.Name, record.Way, text)
		if record.Unconfirmed {
			line += " unconfirmed"
		}
		lines = append(lines, line)
	}
	return lines
}

func want(t *testing.T, s *Store, lines ...string) {
	t.Helper()
	if diff := cmp.Diff(lines, listed(t, s)); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
}

func TestKeptOnesAreNewestFirstAndThereAgain(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	keep(t, s, nth(1, Start), "a\n")
	keep(t, s, nth(2, Commit), "")
	keep(t, s, nth(3, Rollback), "# kept by nobody\nc")
	lines := []string{`3.conf rollback "# kept by nobody\nc"`, `2.conf commit ""`, `1.conf start "a\n"`}
	want(t, s, lines...)
	again := open(t, dir)
	want(t, again, lines...)
	if diff := cmp.Diff(s.Records(), again.Records()); diff != "" {
		t.Errorf("records (-before +after):\n%s", diff)
	}
	keep(t, again, nth(4, Reload), "d\n")
	want(t, open(t, dir), append([]string{`4.conf reload "d\n"`}, lines...)...)
}

func TestOldestIsDroppedBeyondTheBound(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	for n := range Max + 3 {
		keep(t, s, nth(n, Commit), fmt.Sprintf("%d\n", n))
	}
	for _, s := range []*Store{s, open(t, dir)} {
		records := s.Records()
		if len(records) != Max || records[0].Name != "52.conf" || records[Max-1].Name != "3.conf" {
			t.Errorf("%d are kept, from %+v to %+v", len(records), records[0], records[len(records)-1])
		}
	}
	if entries, err := os.ReadDir(filepath.Join(dir, dirName)); err != nil || len(entries) != Max {
		t.Errorf("%d files, error %v", len(entries), err)
	}
}

func TestSameTextIsKeptOnce(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	keep(t, s, nth(1, Start), "a\n")
	keep(t, s, nth(2, Commit), "b\n")
	keep(t, s, nth(3, Start), "b\n")
	want(t, s, `3.conf start "b\n"`, `1.conf start "a\n"`)
	keep(t, s, nth(4, CommitConfirmed), "b\n") // what was confirmed stays so
	keep(t, s, nth(5, CommitConfirmed), "b\n")
	want(t, s, `5.conf commit confirmed "b\n" unconfirmed`, `3.conf start "b\n"`, `1.conf start "a\n"`)
	keep(t, s, nth(6, Commit), "b\n")
	want(t, open(t, dir), `6.conf commit "b\n"`, `3.conf start "b\n"`, `1.conf start "a\n"`)
}

func TestConfirmIsNotedOfTheNewest(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	if err := s.Confirm(); err != nil {
		t.Fatal(err)
	}
	keep(t, s, nth(1, CommitConfirmed), "a\n")
	keep(t, s, nth(2, CommitConfirmed), "b\n")
	if err := s.Confirm(); err != nil {
		t.Fatal(err)
	}
	for _, s := range []*Store{s, open(t, dir)} {
		want(t, s, `2.conf commit confirmed "b\n"`, `1.conf commit confirmed "a\n" unconfirmed`)
	}
}

func TestFindGivesTheNewestOfAText(t *testing.T) {
	s := open(t, t.TempDir())
	for n, text := range []string{"a", "b", "a", "c"} {
		keep(t, s, nth(n, Commit), text)
	}
	if record, found := s.Find([]byte("a")); !found || record.Name != "2.conf" {
		t.Errorf("found %v: %+v", found, record)
	}
	if _, found := s.Find([]byte("d")); found {
		t.Error("found what was never kept")
	}
}

func TestNumberThatIsNotKeptNamesThoseThatAre(t *testing.T) {
	s := open(t, t.TempDir())
	check := func(number int, want string) {
		t.Helper()
		if _, _, err := s.Read(number); err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
	check(0, "no configuration is kept yet")
	keep(t, s, nth(1, Start), "a")
	check(1, "there is no configuration 1: only 0 is kept; `synscreen show system commit` lists them")
	keep(t, s, nth(2, Start), "b")
	check(-1, "there is no configuration -1: 0 to 1 are kept; `synscreen show system commit` lists them")
	check(2, "there is no configuration 2: 0 to 1 are kept; `synscreen show system commit` lists them")
}

func TestFilesAreTheirOwnersAlone(t *testing.T) {
	dir := t.TempDir()
	keep(t, open(t, dir), nth(1, Start), "a\n")
	for path, mode := range map[string]os.FileMode{
		activeName: 0o600, dirName: 0o700, filepath.Join(dirName, fileName(0)): 0o600,
	} {
		info, err := os.Stat(filepath.Join(dir, path))
		if err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: mode %v, error %v", path, info.Mode(), err)
		}
	}
}

func TestActiveIsACopyOfTheNewest(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	for _, text := range []string{"long text\n", "short\n"} {
		keep(t, s, nth(1, Commit), text)
		got, err := os.ReadFile(filepath.Join(dir, activeName))
		if err != nil || string(got) != text {
			t.Errorf("copy %q, error %v", got, err)
		}
	}
}

func TestCopyThatCannotBeReplacedLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	if err := os.MkdirAll(filepath.Join(dir, activeName, "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := s.Keep(nth(1, Start), []byte("a")); err == nil || !strings.Contains(err.Error(), activeName) {
		t.Errorf("error %v", err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 {
		t.Errorf("%v in the directory, error %v; want the blocker and what is kept", entries, err)
	}
	want(t, open(t, dir), `1.conf start "a"`)
}

func TestWhatCannotBeWrittenLastsAsLongAsTheStore(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	keep(t, s, nth(1, Start), "a")
	aside := filepath.Join(dir, "aside")
	if err := os.Rename(s.dir, aside); err != nil {
		t.Fatal(err)
	}
	if err := s.Keep(nth(2, CommitConfirmed), []byte("b")); err == nil {
		t.Error("kept without a directory")
	}
	if err := os.Rename(aside, s.dir); err != nil {
		t.Fatal(err)
	}
	want(t, s, `2.conf commit confirmed "b" unconfirmed`, `1.conf start "a"`)
	want(t, open(t, dir), `1.conf start "a"`)
	if err := s.Confirm(); err != nil { // writes it after all
		t.Fatal(err)
	}
	want(t, open(t, dir), `2.conf commit confirmed "b"`, `1.conf start "a"`)
}

func TestOpenLeavesOutWhatIsNoConfigurationAndClearsRemains(t *testing.T) {
	dir := t.TempDir()
	keep(t, open(t, dir), nth(1, Start), "a")
	in := func(name string) string { return filepath.Join(dir, dirName, name) }
	for name, content := range map[string]string{
		fileName(1): "# kept by synscreen: {\"way\":\"magic\"}\na\n", fileName(2): "x", fileName(3): "",
		"notes": "mine", "." + fileName(4) + "-123": "half",
	} {
		if err := os.WriteFile(in(name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, unread, err := Open(dir)
	if err != nil || len(unread) != 3 {
		t.Fatalf("error %v, unread %v", err, unread)
	}
	wantError := "read the kept configuration " + in(fileName(1)) + ": its first line: read the way of a commit: " +
		`"magic" is none of ["start" "reload" "commit" "commit confirmed" "rollback" "automatic rollback"]`
	if unread[0].Error() != wantError {
		t.Errorf("error %v, want %s", unread[0], wantError)
	}
	want(t, s, `1.conf start "a"`)
	keep(t, s, nth(2, Commit), "b") // takes the place of none of them
	if _, err := os.Stat(in(fileName(4))); err != nil {
		t.Error(err)
	}
	for name, there := range map[string]bool{"notes": true, fileName(2): true, "." + fileName(4) + "-123": false} {
		if _, err := os.Stat(in(name)); (err == nil) != there {
			t.Errorf("%s: %v", name, err)
		}
	}
}
