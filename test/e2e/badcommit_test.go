package e2e

import (
	"regexp"
	"strings"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"synscreen/pkg/dataplane"
	"synscreen/pkg/dataplane/userspace"
	"synscreen/test/lab"
)

// badCommit is one configuration that must be refused.
type badCommit struct {
	layer   string
	name    string
	text    string      // by default a good one
	corrupt *corruption // of the snapshot that is made of it
	want    string      // what the error says
	object  bool        // it names an object; the others name file:line:col
}

// second is a configuration with a second wire between spare and another interface.
func second(other string) string {
	return configuration{wires: []wire{firstWire(), {name: "w2", outer: "spare", inner: other}}}.String()
}

// changed is the good configuration with a statement more.
func changed(lines ...string) string {
	return configuration{}.String() + strings.Join(lines, "\n") + "\n"
}

func parseCommits() []badCommit {
	return []badCommit{
		{name: "open brace", text: changed("security {"), want: "}"},
		{name: "unknown statement", text: changed("set security bogus on"), want: "bogus"},
		{name: "no number", text: changed("set security screen ids-option web tcp syn-flood timeout soon"), want: "soon"},
		{name: "out of range", text: changed("set security screen ids-option web tcp syn-flood attack-threshold 0"),
			want: "attack-threshold"},
		{name: "not supported", text: changed("set security nat source"), want: "nat"},
	}
}

func semanticCommits() []badCommit {
	return []badCommit{
		{name: "half a wire", text: changed("set security forwarding-options secure-wire w2 interface spare"), want: "two"},
		{name: "undefined profile", text: changed("set security zones security-zone trust screen wb"), want: `"web"`},
		{name: "two zones", text: changed("set security zones security-zone trust interfaces outer"), want: "already belongs"},
		{name: "no zone", text: changed("set security forwarding-options secure-wire w2 interface [ spare x ]"),
			want: "is in no zone"},
		{name: "no dataplane-type", text: strings.Replace(configuration{}.String(), "set system dataplane-type userspace\n", "", 1),
			want: "dataplane-type"},
	}
}

func gateCommits() []badCommit {
	mirrored := configuration{wires: []wire{firstWire(), {name: "w2", outer: "down0", inner: "spare"}}}
	return []badCommit{
		{name: "syn-proxy", text: changed("set security flow syn-flood-protection-mode syn-proxy"), want: "use syn-cookie"},
		{name: "inner link down", text: second("down0"), want: "tx on down0: could not tell: down0 has no link"},
		{name: "outer link down", text: mirrored.String(), want: "tx on down0: could not tell: down0 has no link"},
	}
}

func corruptCommits() []badCommit {
	mode := int(unsafe.Offsetof(userspace.HeaderRecord{}.Mode))
	zone := int(unsafe.Sizeof(userspace.HeaderRecord{}))
	commits := []badCommit{
		{name: "magic", corrupt: &corruption{Offset: 0}, want: "magic"},
		{name: "digest", corrupt: &corruption{Offset: digestAt}, want: "digest"},
		{name: "last byte", corrupt: &corruption{Offset: -1}, want: "digest"},
		{name: "truncated", corrupt: &corruption{Truncate: 8}, want: "size"},
		{name: "mode", corrupt: &corruption{Offset: mode, Seal: true}, want: "mode of the header"},
		{name: "zone name", corrupt: &corruption{Offset: zone + userspace.NameSize - 1, Seal: true}, want: "zone's name"},
	}
	for i := range commits {
		commits[i].object = true
		commits[i].want = "snapshot: .*" + commits[i].want
	}
	return commits
}

func attachCommits() []badCommit {
	return []badCommit{
		{name: "missing interface", text: second("nosuch"), want: "nosuch: no such interface: make it"},
		{name: "MTU", text: second("big0"), want: "big0: its MTU 9000 is above the 1770 .* lower it"},
		{name: "queue count", text: second("two0"), want: "(spare|two0) has . RX queues? and .* make them equal"},
		{name: "somebody's bridge", text: second("slave0"), want: "slave0: belongs to theirs: take it out"},
		{name: "foreign program", text: second("busy0"), want: `busy0: another XDP program \(foreign\) .* take it off`},
		{name: "not Ethernet", text: second("lo"), want: "lo: is not an Ethernet interface"},
	}
}

func badCommits() []badCommit {
	var all []badCommit
	for _, layer := range []struct {
		name    string
		commits []badCommit
	}{
		{"parse", parseCommits()}, {"semantics", semanticCommits()}, {"gate", gateCommits()},
		{"snapshot", corruptCommits()}, {"attach", attachCommits()},
	} {
		for _, c := range layer.commits {
			c.layer = layer.name
			all = append(all, c)
		}
	}
	return all
}

// addBadInterfaces adds what attach refuses, and a spare port that is well.
func addBadInterfaces(t testing.TB, w *lab.WireLab) {
	t.Helper()
	err := w.Wire.IP(t.Context(),
		"link add spare type veth peer name far",
		"link add down0 type veth peer name down1",
		"link add big0 mtu 9000 type veth peer name big1 mtu 9000",
		"link add two0 numrxqueues 2 numtxqueues 2 type veth peer name two1 numrxqueues 2 numtxqueues 2",
		"link add slave0 type veth peer name slave1",
		"link add busy0 type veth peer name busy1",
		"link add theirs type bridge",
		"link set slave0 master theirs",
	)
	if err != nil {
		t.Fatal(err)
	}
	var up []string
	for _, dev := range []string{"spare", "far", "down0", "big0", "big1", "two0", "two1", "slave0", "slave1", "busy0",
		"busy1", "theirs"} {
		up = append(up, "link set dev "+dev+" up")
	}
	if err := w.Wire.IP(t.Context(), up...); err != nil {
		t.Fatal(err)
	}
	startForeignProgram(t, w.Wire, "busy0")
}

func TestTwentyBadCommitsLeaveTheRunningConfigurationAndTraffic(t *testing.T) {
	t.Parallel()
	w := lab.WireForTest(t, lab.WireOptions{})
	startContent(t, w)
	addBadInterfaces(t, w)
	d := startCorruptible(t, w, configuration{})
	commits := badCommits()
	if len(commits) < 20 {
		t.Fatalf("%d bad commits are fewer than twenty", len(commits))
	}
	before := settings(t, w)
	attached := linkTable(t, w)
	transfer := startDownload(t, w)
	for _, c := range commits {
		d.wantRefused(t, c)
		transfer.waitMore(t, 256<<10)
		if diff := cmp.Diff(attached, linkTable(t, w)); diff != "" {
			t.Errorf("%s, %s: links have changed (- before, + after):\n%s", c.layer, c.name, diff)
		}
	}
	wantSettings(t, w, before)
	wantOneFlow(t, d.daemon, dataplane.FlowOpen)
	transfer.wantComplete(t)
	// and the same daemon takes a good one
	if err := d.commit(t, second("far")); err != nil {
		t.Error(err)
	}
}

// position is how an error begins that is about a place in a file.
var position = regexp.MustCompile(`(?m)^\S+:\d+:\d+: `)

// wantRefused commits what is bad and wants an error with its cause, a place or an object, a remedy,
// and a generation that has not changed.
func (d *daemonUnderFault) wantRefused(t testing.TB, c badCommit) {
	t.Helper()
	if c.text == "" {
		c.text = configuration{attack: 300}.String()
	}
	if c.corrupt != nil {
		defer d.corrupt(t, *c.corrupt)()
	}
	err := d.commit(t, c.text)
	if err == nil {
		t.Errorf("%s, %s: taken", c.layer, c.name)
		return
	}
	said := err.Error()
	_, said, _ = strings.Cut(said, "exit status 1: ")
	if !regexp.MustCompile(c.want).MatchString(said) {
		t.Errorf("%s, %s: the error does not say %q:\n%s", c.layer, c.name, c.want, said)
	}
	if !c.object && !position.MatchString(said) {
		t.Errorf("%s, %s: the error names no file:line:col:\n%s", c.layer, c.name, said)
	}
	if !strings.Contains(said, "the running configuration (generation 1) is unchanged") {
		t.Errorf("%s, %s: the error does not say what runs:\n%s", c.layer, c.name, said)
	}
	if remedy := strings.ContainsAny(strings.Split(said, "\nnothing was committed")[0], ";"); !remedy && c.layer != "attach" {
		t.Errorf("%s, %s: the error names no remedy:\n%s", c.layer, c.name, said)
	}
	if g := d.status(t).Generation; g != 1 {
		t.Errorf("%s, %s: generation %d runs, want 1", c.layer, c.name, g)
	}
}
