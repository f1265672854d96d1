package userspace

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"synscreen/pkg/dataplane"
)

// atOffload is where the tests here say it: right behind screenedZone.
const atOffload = "test.conf:8:30: security flow syn-cookie offload: "

// driving is what an engine says whose drivers can do everything.
func driving() *dataplane.Capabilities {
	caps := proved()
	for i := range caps.Ports {
		caps.Ports[i].Answer, caps.Ports[i].Pass = yes(), yes()
	}
	return caps
}

func TestOffloadDriverIsAdmittedOnlyWhenTheDriversAreProved(t *testing.T) {
	const auto = "set security flow syn-cookie offload auto"
	generic := no("eth1 is attached in generic mode; attach it in native mode")
	for _, test := range []struct {
		name     string
		spoil    func(*dataplane.Capabilities)
		driven   []string
		refusals []string
		warnings []string
	}{
		{name: "all proved", spoil: func(*dataplane.Capabilities) {}},
		{
			name:  "a port cannot answer",
			spoil: func(c *dataplane.Capabilities) { c.Ports[0].Answer = generic },
			refusals: []string{atOffload + "driver needs answer on eth1: no: eth1 is attached in generic mode; " +
				"attach it in native mode; " + auto},
		},
		{
			name:     "its peer cannot be handed frames",
			spoil:    func(c *dataplane.Capabilities) { c.Ports[1].Pass = no("no receive queue") },
			refusals: []string{atOffload + "driver needs pass on eth2: no: no receive queue; " + auto},
		},
		{
			name: "neither, and both are told",
			spoil: func(c *dataplane.Capabilities) {
				c.Ports[0].Answer, c.Ports[0].Pass = no("a"), no("b")
			},
			refusals: []string{
				atOffload + "driver needs answer on eth1: no: a; " + auto,
				atOffload + "driver needs pass on eth1: no: b; " + auto,
			},
		},
		{
			name:  "a port has no link",
			spoil: func(c *dataplane.Capabilities) { c.Ports[1].Pass = unknown("eth2 has no link") },
			refusals: []string{atOffload + "driver needs pass on eth2: could not tell: eth2 has no link; " +
				"bring the link of eth2 up, then commit again, or " + auto},
		},
		{
			name: "a port that runs so already has lost its link",
			spoil: func(c *dataplane.Capabilities) {
				c.Ports[0].Published, c.Ports[0].Answer = true, unknown("eth1 has no link")
			},
			driven: []string{"eth1", "eth2"},
			warnings: []string{atOffload + "driver needs answer on eth1: could not tell: eth1 has no link; " +
				"it did before and is kept; see to its link"},
		},
		{
			name: "a port that runs so already is proved not to",
			spoil: func(c *dataplane.Capabilities) {
				c.Ports[0].Published, c.Ports[0].Answer = true, no("no")
			},
			driven:   []string{"eth1", "eth2"},
			refusals: []string{atOffload + "driver needs answer on eth1: no: no; " + auto},
		},
		{
			name: "a published port without a link did not run so before",
			spoil: func(c *dataplane.Capabilities) {
				c.Ports[0].Published, c.Ports[0].Answer = true, unknown("eth1 has no link")
			},
			refusals: []string{atOffload + "driver needs answer on eth1: could not tell: eth1 has no link; " +
				"bring the link of eth1 up, then commit again, or " + auto},
		},
		{
			name: "ports of a wire without a screen can nothing",
			spoil: func(c *dataplane.Capabilities) {
				c.Ports[2].Answer, c.Ports[3].Pass = no("no"), unknown("no link")
			},
		},
		{
			name:  "the engine does not report a port",
			spoil: func(c *dataplane.Capabilities) { c.Ports[0].Interface = "eth9" },
			refusals: []string{
				atOffload + "driver needs answer on eth1: could not tell: the engine does not know the port; " +
					"bring the link of eth1 up, then commit again, or " + auto,
				atOffload + "driver needs pass on eth1: could not tell: the engine does not know the port; " +
					"bring the link of eth1 up, then commit again, or " + auto,
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			caps := driving()
			test.spoil(caps)
			// the mode is not set, so that what the port cannot send is no reason to refuse
			cfg := parse(t, screenedZone+"set security flow syn-cookie offload driver\n")
			admission, refusals := deriveUserspaceCapabilities(cfg, caps, Running{driven: test.driven})
			if diff := cmp.Diff(append([]string{}, test.refusals...), texts(refusals)); diff != "" {
				t.Errorf("refusals (-want +got):\n%s", diff)
			}
			if admission.Degraded {
				return
			}
			if diff := cmp.Diff(append([]string{}, test.warnings...), texts(admission.Warnings)); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOffloadDriverNeedsOfAHostPortThatItAnswers(t *testing.T) {
	const driver = "set security flow syn-cookie offload driver\n"
	for _, test := range []struct {
		name     string
		text     string
		answer   dataplane.Proof
		refusals []string
	}{
		{name: "it does", text: host + driver, answer: yes()},
		{
			name: "it does not", text: host + driver, answer: no("took 0 of 8 frames"),
			refusals: []string{"test.conf:6:30: security flow syn-cookie offload: driver needs answer on eth0: no: " +
				"took 0 of 8 frames; set security flow syn-cookie offload auto"},
		},
		{
			name: "the kernel answers", text: host + driver + admitted("world", "kernel-cookies"),
			answer: no("took 0 of 8 frames"),
		},
		{
			name:   "it only counts",
			text:   host + driver + "set security screen ids-option web alarm-without-drop\n",
			answer: no("took 0 of 8 frames"),
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			caps := hostProved()
			caps.Ports[0].Answer = test.answer
			_, refusals := deriveUserspaceCapabilities(parse(t, test.text), caps, Running{})
			if diff := cmp.Diff(append([]string{}, test.refusals...), texts(refusals)); diff != "" {
				t.Errorf("refusals (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOffloadOfNothingThatIsProvedIsRefusedWithAllElse(t *testing.T) {
	caps := driving()
	caps.Ports[0].Transmit, caps.Ports[0].Answer = no("no completion"), no("no")
	_, refusals := deriveUserspaceCapabilities(
		parse(t, screenedZone+"set security flow syn-cookie offload driver\n"+wantCookie), caps, Running{})
	want := []string{
		"test.conf:5:53: security zones security-zone untrust interfaces eth1: syn-cookie needs tx on eth1: " +
			"no: no completion; see that eth1 is there and can send, then commit again",
		atOffload + "driver needs answer on eth1: no: no; set security flow syn-cookie offload auto",
	}
	if diff := cmp.Diff(want, texts(refusals)); diff != "" {
		t.Errorf("refusals (-want +got):\n%s", diff)
	}
}

func TestOffloadDriverIsRefusedWhenTheEngineDoesNotReport(t *testing.T) {
	cfg := parse(t, screenedZone+"set security flow syn-cookie offload driver\n")
	_, refusals := deriveUserspaceCapabilities(cfg, nil, Running{})
	want := []string{atOffload + "the engine does not report what it proved; " +
		"look for its error in the daemon's log, then commit again"}
	if diff := cmp.Diff(want, texts(refusals)); diff != "" {
		t.Errorf("refusals (-want +got):\n%s", diff)
	}
}

func TestOffloadThatMayDoWithoutTheDriverIsNeverRefusedForIt(t *testing.T) {
	for _, statement := range []string{"", "set security flow syn-cookie offload auto\n",
		"set security flow syn-cookie offload engine\n"} {
		caps := proved()
		caps.Ports[0].Answer, caps.Ports[1].Pass = no("no"), no("no")
		cfg := parse(t, screenedZone+statement+wantCookie)
		admission, refusals := deriveUserspaceCapabilities(cfg, caps, Running{})
		if len(refusals)+len(admission.Warnings) > 0 || admission.Mode != dataplane.ModeSynCookie {
			t.Errorf("%q: mode %s, refused %v, warned %v", statement, admission.Mode, refusals, admission.Warnings)
		}
	}
}

func TestCommitKeepsAPortThatRunsByItsDriverThoughItsLinkIsGone(t *testing.T) {
	const driver = "set security flow syn-cookie offload driver\n"
	manager, engine := newFixture(t)
	engine.caps = *driving()
	if _, err := manager.Commit("a.conf", parse(t, screenedZone+driver)); err != nil {
		t.Fatal(err)
	}
	engine.caps.Ports[0].Published, engine.caps.Ports[0].Answer = true, unknown("eth1 has no link")
	running, err := manager.Commit("b.conf", parse(t, screenedZone+driver))
	if err != nil || len(running.Warnings) != 1 {
		t.Fatalf("warnings %v, error %v", running.Warnings, err)
	}
	// under auto it may have been the engine, so that nothing is there to be kept
	if _, err := manager.Commit("c.conf", parse(t, screenedZone)); err != nil {
		t.Fatal(err)
	}
	if _, err := manager.Commit("d.conf", parse(t, screenedZone+driver)); err == nil {
		t.Error("a port of which nothing is known was admitted")
	}
}
