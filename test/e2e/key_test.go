package e2e

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"synscreen/pkg/dataplane"
	"synscreen/test/lab"
)

// restart is how one process of the daemon ends and another takes its place.
type restart struct {
	name    string
	signal  syscall.Signal // that ends the old one
	keyFile bool           // the master key is in a file of the operator's
	replace bool           // the master key is replaced just before
	peer    bool           // another state directory: all that they share is the key file
}

// restarts are all of them with the flags that decide what the new process knows of the old one's keys.
func restarts() []restart {
	return []restart{
		{name: "after SIGTERM", signal: syscall.SIGTERM},
		{name: "after SIGKILL", signal: syscall.SIGKILL},
		{name: "after SIGTERM with a new key", signal: syscall.SIGTERM, replace: true},
		{name: "after SIGKILL with a new key", signal: syscall.SIGKILL, replace: true},
		{name: "after SIGKILL with a key file", signal: syscall.SIGKILL, keyFile: true},
		{name: "after SIGTERM with another key in the file", signal: syscall.SIGTERM, keyFile: true, replace: true},
		{name: "by a peer", signal: syscall.SIGTERM, keyFile: true, peer: true},
	}
}

func TestCookieOfADaemonIsAcceptedByTheOneThatTakesItsPlace(t *testing.T) {
	t.Parallel()
	for _, r := range restarts() {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			r.wantAccepted(t)
		})
	}
}

// wantAccepted has clients whose challenges come from the old process, and whose answers reach the new
// one: they are held back until it challenges, too, because no cookie is asked for in calm.
func (r restart) wantAccepted(t *testing.T) {
	w := lab.WireForTest(t, lab.WireOptions{})
	startNginx(t, w)
	c := configuration{}
	if r.keyFile {
		c.keyFile = writeKey(t, w.Dir(), "shared.key", "the first")
	}
	d := startDaemon(t, w, c, noLearning)
	startLightFloods(t, w, d, 80, families...)
	clients, release := startHeld(t, w)
	was := d.cookies(t).Key.Active
	if r.replace {
		r.replaceKey(t, w, d)
	}
	d = r.takeOver(t, w, d, c)
	r.wantKeys(t, d, was)
	before := d.waitChallenges(t)
	release()
	for _, client := range clients {
		if err := client.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	wantSpliced(t, d, before, uint64(len(clients)))
	if n := frames(t, d.status(t), lab.OuterDev, "drop_cookie_invalid"); n != 0 {
		t.Errorf("%d cookies were refused", n)
	}
}

// startHeld starts a client of each family and waits until each has had its challenge. What they say
// then comes no further than the LAN until release.
func startHeld(t testing.TB, w *lab.WireLab) (clients []*lab.Process, release func()) {
	t.Helper()
	letGo, err := w.Hold(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	clients = startCurls(t, w, 40, lab.URL(4, 80, "/"), lab.URL(6, 80, "/"))
	what := fmt.Sprintf("%d challenged clients", len(clients))
	err = lab.WaitFor(t.Context(), what, startLimit, func() (bool, error) {
		out, err := w.Client.Run(t.Context(), "ss", "-Htn", "state", "established", "dport", "=", ":80")
		return strings.Count(out, "\n") == len(clients), err
	})
	if err != nil {
		t.Fatal(err)
	}
	return clients, func() {
		t.Helper()
		if err := letGo(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// replaceKey has the old process mint with another key than that of the challenges.
func (r restart) replaceKey(t testing.TB, w *lab.WireLab, d *daemon) {
	t.Helper()
	if !r.keyFile {
		d.mustKey(t, "rotate-key")
		return
	}
	next := writeKey(t, w.Dir(), "next.key", "the second")
	d.mustKey(t, "stage-key", next)
	writeKey(t, w.Dir(), "shared.key", "the second")
	d.mustKey(t, "activate-key")
}

// takeOver ends the old process and starts the new one.
func (r restart) takeOver(t testing.TB, w *lab.WireLab, d *daemon, c configuration) *daemon {
	t.Helper()
	if r.signal == syscall.SIGTERM {
		d.stop(t)
	} else {
		d.signal(t, r.signal)
	}
	if r.peer {
		d.detach(t)
		if err := os.Rename(d.state, d.state+".old"); err != nil {
			t.Fatal(err)
		}
	}
	return startDaemon(t, w, c, noLearning)
}

// wantKeys asserts that the new process knows the key of the challenges.
func (r restart) wantKeys(t testing.TB, d *daemon, was string) {
	t.Helper()
	key := d.cookies(t).Key
	if !r.replace {
		wantKeys(t, key, was, dataplane.OtherKeyNone, "")
	} else if key.Active == was || key.OtherKind != dataplane.OtherKeyRetired || key.Other != was {
		t.Errorf("keys %+v, want another than %s active, and that retired", key, was)
	}
}

// waitChallenges waits until a process that has just started challenges, and returns its status then.
func (d *daemon) waitChallenges(t testing.TB) (now dataplane.Status) {
	t.Helper()
	d.waitStatus(t, "challenges", func(s dataplane.Status) bool {
		now = s
		return frames(t, s, lab.OuterDev, "reply_challenge") > 0
	})
	return now
}
