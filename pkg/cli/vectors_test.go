//go:build cgo

package cli

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const vectorsDir = "../../testdata/vectors"

// vector is one known answer by the names of its columns.
type vector map[string]string

// vectors reads a file of known answers.
func vectors(t *testing.T, name string) []vector {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(vectorsDir, name))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	columns := strings.Split(lines[0], "\t")
	var rows []vector
	for _, line := range lines[1:] {
		cells := strings.Split(line, "\t")
		if len(cells) != len(columns) {
			t.Fatalf("%s: %q has %d columns, not %d", name, line, len(cells), len(columns))
		}
		row := vector{}
		for i, cell := range cells {
			row[columns[i]] = cell
		}
		rows = append(rows, row)
	}
	if len(rows) < 20 {
		t.Fatalf("%s: only %d rows", name, len(rows))
	}
	return rows
}

// writeKey writes a master key as the engine wants it.
func writeKey(t *testing.T, digits string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "master.key")
	if err := os.WriteFile(path, []byte(digits+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// scope gives the flags that say what the cookie is bound to, all but the epoch.
func (v vector) scope(t *testing.T) []string {
	t.Helper()
	return []string{"--key-file", writeKey(t, v["master_key"]), "--zone", v["zone"],
		"--src", net.JoinHostPort(v["src"], v["sport"]), "--dst", net.JoinHostPort(v["dst"], v["dport"])}
}

// number reads a column in hexadecimal and adds to it, as sequence numbers are added.
func (v vector) number(t *testing.T, column string, add uint32) string {
	t.Helper()
	value, err := strconv.ParseUint(v[column], 16, 32)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("0x%X", uint32(value)+add)
}

func (v vector) epoch(t *testing.T, add uint64) string {
	t.Helper()
	value, err := strconv.ParseUint(v["epoch"], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return strconv.FormatUint(value+add, 10)
}

// agreed gives the flags that say what the challenge agrees to.
func (v vector) agreed() []string {
	var args []string
	if v["mss"] != "-" {
		args = append(args, "--mss", v["mss"])
	}
	if v["wscale"] == "-" {
		return args
	}
	args = append(args, "--timestamps", "--sack="+v["sack"], "--ecn="+v["ecn"])
	if v["wscale"] != "none" {
		args = append(args, "--wscale", v["wscale"], "--our-wscale", v["our_wscale"])
	}
	return args
}

// terms gives what the check of the cookie prints of them.
func (v vector) terms(t *testing.T) string {
	t.Helper()
	table := []string{"216", "536", "1200", "1340", "1400", "1440", "1460", "8960"}
	if strings.Contains(v["src"], ":") {
		table = []string{"216", "1220", "1300", "1360", "1400", "1420", "1440", "8940"}
	}
	index, err := strconv.Atoi(v["mss_index"])
	if err != nil {
		t.Fatal(err)
	}
	scale, ours, sack, ecn := v["wscale"], v["our_wscale"], v["sack"], v["ecn"]
	if scale == "-" {
		scale, ours, sack, ecn = "none", "none", "0", "0"
	}
	return fmt.Sprintf("mss=%s wscale=%s our-wscale=%s sack=%s ecn=%s", table[index], scale, ours, sack, ecn)
}

func TestCookieCommandsGiveTheKnownAnswers(t *testing.T) {
	for i, v := range vectors(t, "cookie-v1.tsv") {
		t.Run(fmt.Sprintf("row %d", i+1), func(t *testing.T) {
			mint := append([]string{"cookie", "mint", "--epoch", v["epoch"], "--isn", v["client_isn"]}, v.scope(t)...)
			expect(t, outcome{Stdout: "isn=" + v["cookie_isn"] + " tsval=" + v["cookie_tsval"] + "\n"},
				append(mint, v.agreed()...)...)
			check := append([]string{"cookie", "check", "--seq", v.number(t, "client_isn", 1),
				"--ack", v.number(t, "cookie_isn", 1)}, v.scope(t)...)
			if v["cookie_tsval"] != "-" {
				check = append(check, "--tsecr", v["cookie_tsval"])
			}
			checked(t, v, " "+v.terms(t), check)
		})
	}
}

func TestSafeResetCommandsGiveTheKnownAnswers(t *testing.T) {
	for i, v := range vectors(t, "safe-reset-v1.tsv") {
		t.Run(fmt.Sprintf("row %d", i+1), func(t *testing.T) {
			mint := append([]string{"cookie", "mint", "--safe-reset", "--epoch", v["epoch"], "--isn", v["client_isn"]},
				v.scope(t)...)
			expect(t, outcome{Stdout: "value=" + v["value"] + "\n"}, mint...)
			checked(t, v, "", append([]string{"cookie", "check", "--safe-reset", "--seq", v["value"]}, v.scope(t)...))
		})
	}
}

// checked wants a cookie to be valid in its epoch and the one after, and in no other.
func checked(t *testing.T, v vector, terms string, check []string) {
	t.Helper()
	for add := range uint64(2) {
		expect(t, outcome{Stdout: "valid epoch=" + v["epoch"] + terms + "\n"},
			append(check, "--epoch-now", v.epoch(t, add))...)
	}
	got := command(t, append(check, "--epoch-now", v.epoch(t, 2))...)
	if got.Code != 1 || got.Stderr != "" || !strings.HasPrefix(got.Stdout, "invalid: ") ||
		strings.Count(got.Stdout, "\n") != 1 {
		t.Errorf("in the epoch after the next: %+v", got)
	}
}

func TestCookieCommandsWithoutAKeyFail(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "none")
	short := writeKey(t, "0011")
	for _, key := range []string{missing, short} {
		for _, args := range []string{"mint --epoch 1 --isn 1", "check --epoch-now 1 --seq 1 --ack 1"} {
			got := command(t, append(strings.Fields("cookie "+args+" "+anyScope), "--key-file", key)...)
			if got.Code != 1 || got.Stdout != "" || !strings.Contains(got.Stderr, key) {
				t.Errorf("cookie %s with %s: %+v", args, key, got)
			}
		}
	}
}
