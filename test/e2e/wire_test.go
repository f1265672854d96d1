package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"synscreen/test/lab"
)

// link is what `ip -json` says of an interface, as far as an engine may change it.
type link struct {
	Name        string   `json:"ifname"`
	Flags       []string `json:"flags"`
	Promiscuity int      `json:"promiscuity"`
	Master      string   `json:"master"`
	XDP         struct {
		Program struct {
			ID int `json:"id"`
		} `json:"prog"`
	} `json:"xdp"`
}

// String is what an engine may change: not the carrier, which comes and goes by itself.
func (l link) String() string {
	return fmt.Sprintf("%s up=%t promisc=%t promiscuity=%d master=%q program=%d", l.Name,
		slices.Contains(l.Flags, "UP"), slices.Contains(l.Flags, "PROMISC"), l.Promiscuity, l.Master,
		l.XDP.Program.ID)
}

// links are the interfaces of the wire's namespace.
func links(t testing.TB, w *lab.WireLab) []link {
	t.Helper()
	out, err := w.Wire.Run(t.Context(), "ip", "-details", "-json", "link", "show")
	if err != nil {
		t.Fatal(err)
	}
	var all []link
	if err := json.Unmarshal([]byte(out), &all); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return all
}

// linkTable is all of them, a line each.
func linkTable(t testing.TB, w *lab.WireLab) string {
	t.Helper()
	var b strings.Builder
	for _, l := range links(t, w) {
		fmt.Fprintln(&b, l)
	}
	return b.String()
}

// programs are the ids of the XDP programs in the wire's namespace.
func programs(t testing.TB, w *lab.WireLab) (ids []int) {
	t.Helper()
	for _, l := range links(t, w) {
		if l.XDP.Program.ID != 0 {
			ids = append(ids, l.XDP.Program.ID)
		}
	}
	return ids
}

// bridges are the names of what the ports are enslaved to.
func bridges(t testing.TB, w *lab.WireLab) (names []string) {
	t.Helper()
	for _, l := range links(t, w) {
		if l.Master != "" && !slices.Contains(names, l.Master) {
			names = append(names, l.Master)
		}
	}
	return names
}

// settings writes down all that an engine may change in the wire's namespace.
func settings(t testing.TB, w *lab.WireLab) string {
	t.Helper()
	var b strings.Builder
	for _, l := range links(t, w) {
		fmt.Fprintln(&b, l)
		features, err := w.Wire.Run(t.Context(), "ethtool", "-k", l.Name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(features) {
			if strings.Contains(line, "vlan") {
				b.WriteString(line)
			}
		}
		ipv6, err := w.Wire.Run(t.Context(), "cat", "/proc/sys/net/ipv6/conf/"+l.Name+"/disable_ipv6")
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "disable_ipv6 %s", ipv6)
	}
	return b.String()
}

// wantSettings asserts that everything is as it was.
func wantSettings(t testing.TB, w *lab.WireLab, before string) {
	t.Helper()
	if diff := cmp.Diff(before, settings(t, w)); diff != "" {
		t.Errorf("settings have changed (- before, + after):\n%s", diff)
	}
}

// wantFreed asserts that programs are unloaded.
func wantFreed(t testing.TB, w *lab.WireLab, d *daemon, programs []int) {
	t.Helper()
	for _, id := range programs {
		d.wait(t, fmt.Sprintf("the end of XDP program %d", id), func() (bool, error) {
			_, err := w.Wire.Run(t.Context(), "bpftool", "prog", "show", "id", fmt.Sprint(id))
			return err != nil, nil
		})
	}
}

// recorded is what the engine wrote down about the interfaces' settings.
func (d *daemon) recorded(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(d.state, "attached.ports"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
