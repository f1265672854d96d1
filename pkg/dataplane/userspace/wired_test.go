//go:build faults

package userspace

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"synscreen/gobind"
	"synscreen/pkg/dataplane"
	"synscreen/test/lab"
)

const (
	inNamespace = "SYNSCREEN_TEST_IN_NAMESPACE"
	carrierTime = 5 * time.Second
)

// wiredText wires two virtual cables' near ends, p0 and q0.
const wiredText = wantCookie + `
set system dataplane-type userspace
set security forwarding-options secure-wire w1 interface [ p0 q0 ]
set security screen ids-option web tcp syn-flood attack-threshold 200
set security zones security-zone untrust interfaces p0
set security zones security-zone untrust screen web
set security zones security-zone trust interfaces q0
`

// The gate against the real library, of a build in which single proofs can be broken and mended. It
// runs again in a network namespace of its own, so that no real interface is touched.
func TestDeriveUserspaceCapabilitiesAdmitsSynCookieOnlyAfterWired(t *testing.T) {
	if os.Getenv(inNamespace) == "" {
		runInNamespace(t)
		return
	}
	engine, err := Open(dataplane.EngineOptions{StateDir: t.TempDir(), FlowsMax: 1 << 10,
		FramesPerWorker: 1 << 14, ChunkSize: 2048})
	if err != nil {
		t.Fatal(err)
	}
	m := NewManager(engine, time.Now)
	defer engine.Close(dataplane.LeaveNothing)
	defer gobind.SetFaults(0)

	wantRefusedBeforeWired(t, engine)
	// q0 has no link: the far end of its cable is down
	wantRefused(t, m, "syn-cookie needs tx on q0: could not tell: q0 has no link")
	ipLink(t, "set dev q1 up")
	wantCarrier(t, "q0")
	wantAdmitted(t, m)
	for _, fault := range []struct {
		mask uint32
		want string
	}{
		{gobind.FaultMint, "syn-cookie needs mint: no: known answer 0"},
		{gobind.FaultValidate, "syn-cookie needs validate: no: known answer 0"},
		// the far ends were made first: the last port of the engine is q0
		{gobind.FaultTransmit, "syn-cookie needs tx on q0: no: queue 0 of q0"},
	} {
		gobind.SetFaults(fault.mask)
		wantRefused(t, m, fault.want)
		gobind.SetFaults(0)
		wantAdmitted(t, m)
	}
}

// runInNamespace runs this test again in a namespace with two cables, of which the second is down.
func runInNamespace(t *testing.T) {
	t.Helper()
	n, err := lab.ForTest(t).Namespace(t.Context(), "gate")
	if err != nil {
		t.Fatal(err)
	}
	err = n.IP(t.Context(), "link add p1 type veth peer name p0", "link add q1 type veth peer name q0",
		"link set dev p0 up", "link set dev p1 up", "link set dev q0 up")
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := n.Command(t.Context(), self, "-test.run", "^"+t.Name()+"$", "-test.v", "-test.timeout", "1m")
	cmd.Env = append(os.Environ(), inNamespace+"="+n.Name)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("in the namespace: %v\n%s", err, out)
	}
}

// wantRefusedBeforeWired asks the gate about an engine without ports.
func wantRefusedBeforeWired(t *testing.T, engine Engine) {
	t.Helper()
	proved, err := engine.Capabilities()
	if err != nil {
		t.Fatal(err)
	}
	_, refusals := deriveUserspaceCapabilities(parse(t, wiredText), &proved, Running{})
	for _, port := range []string{"p0", "q0"} {
		if err := (&RefusedError{Refusals: refusals}).Error(); !strings.Contains(err, "tx on "+port) {
			t.Errorf("before it is wired %s is no reason against syn-cookie: %q", port, err)
		}
	}
}

// wantRefused commits and wants a refusal that says why, with position and remedy, and nothing else
// changed.
func wantRefused(t *testing.T, m *Manager, why string) {
	t.Helper()
	before := m.Running().Generation
	_, err := m.Commit("test.conf", parse(t, wiredText))
	var refused *RefusedError
	if !errors.As(err, &refused) || len(refused.Refusals) != 1 {
		t.Fatalf("committed with %q broken: %v, want one refusal", why, err)
	}
	r := refused.Refusals[0]
	if !strings.Contains(r.Reason, why) || r.At == "" || r.Remedy == "" {
		t.Errorf("refused by %q, want %q with a position and a remedy", r, why)
	}
	if after := m.Running().Generation; after != before {
		t.Errorf("generation %d after the refusal, was %d", after, before)
	}
	status, err := m.Status()
	if err != nil || status.Generation != before {
		t.Errorf("the engine runs generation %d, want %d: %v", status.Generation, before, err)
	}
}

// wantAdmitted commits the same again, on the same engine.
func wantAdmitted(t *testing.T, m *Manager) {
	t.Helper()
	before := m.Running().Generation
	running, err := m.Commit("test.conf", parse(t, wiredText))
	if err != nil {
		t.Fatalf("refused when all is mended: %v", err)
	}
	if running.Generation != before+1 || running.Mode != dataplane.ModeSynCookie {
		t.Errorf("running %+v, want generation %d with syn-cookie", running, before+1)
	}
}

func wantCarrier(t *testing.T, ifname string) {
	t.Helper()
	err := lab.WaitFor(t.Context(), "the link of "+ifname, carrierTime, func() (bool, error) {
		carrier, err := os.ReadFile("/sys/class/net/" + ifname + "/carrier")
		return string(carrier) == "1\n", err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// ipLink runs iproute2's `ip link` in this process's namespace.
func ipLink(t *testing.T, args string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ip", append([]string{"link"}, strings.Fields(args)...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("ip link %s: %v: %s", args, err, out)
	}
}
